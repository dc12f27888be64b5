//! Each tenant's line, and where one who comes last would stand in the order over all lines.

use std::collections::{BTreeMap, HashMap};

use domain::id::{SandboxId, TenantId};
use domain::queue::{self, Entry, Room, Wait};
use domain::time::Timestamp;

/// The lines as they were read, and who came since.
#[derive(Debug, Default)]
pub(super) struct Lines {
    places: HashMap<SandboxId, Place>,
    tenants: BTreeMap<TenantId, Line>,
    /// How many wait for something else than room that others give back.
    aside: u64,
}

/// Where one stands, from 1, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) place: u64,
    pub(super) wait: Wait,
}

#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// Sandboxes of the tenant that run or were admitted.
    held: u64,
    /// Sandboxes of the tenant that wait.
    waiting: u64,
}

impl Line {
    /// How many of this line come before one of rank `rank`, who came later than all of them: the n-th of a line
    /// has rank `held + n`, and equals go by time.
    fn before(self, rank: u64) -> u64 {
        (rank + 1).saturating_sub(self.held).min(self.waiting)
    }
}

impl Lines {
    /// The lines as they are, and what each waits for by the room there is, when that is known.
    pub(super) fn new(
        waiting: Vec<Entry>,
        running: BTreeMap<TenantId, u64>,
        room: Option<Room>,
        now: Timestamp,
    ) -> Self {
        let mut tenants: BTreeMap<TenantId, Line> = BTreeMap::new();
        for entry in &waiting {
            let held = running.get(&entry.tenant).copied().unwrap_or(0);
            let line = tenants.entry(entry.tenant.clone()).or_insert(Line { held, waiting: 0 });
            line.waiting += 1;
        }
        for (tenant, held) in &running {
            tenants.entry(tenant.clone()).or_insert(Line { held: *held, waiting: 0 });
        }
        let ordered = queue::order(waiting, &running);
        let waits = queue::waits(&ordered, room, now);
        let aside = waits.iter().filter(|wait| !matches!(wait, Wait::Room(_))).count() as u64;
        let places = ordered.into_iter().zip(waits).zip(1..);
        let places = places.map(|((entry, wait), place)| (entry.sandbox, Place { place, wait })).collect();
        Self { places, tenants, aside }
    }

    /// The place of a sandbox. One that isn't known yet came last in its tenant's line, and waits for room.
    pub(super) fn place(&mut self, sandbox: &SandboxId, tenant: &TenantId) -> Place {
        if let Some(place) = self.places.get(sandbox) {
            return *place;
        }
        let own = self.tenants.entry(tenant.clone()).or_default();
        let rank = own.held + own.waiting;
        own.waiting += 1;
        let others = self.tenants.iter().filter(|(other, _)| *other != tenant);
        let ahead: u64 = others.map(|(_, line)| line.before(rank)).sum();
        let place = ahead + self.tenants.get(tenant).map_or(1, |line| line.waiting);
        let wait = Wait::Room(place.saturating_sub(self.aside).max(1));
        let place = Place { place, wait };
        self.places.insert(sandbox.clone(), place);
        place
    }
}

#[cfg(test)]
mod tests {
    use domain::resources::Resources;

    use super::*;

    fn entry(n: u32, tenant: &str) -> Entry {
        let letters: String = n.to_string().bytes().map(|b| char::from(b - b'0' + b'a')).collect();
        Entry {
            sandbox: format!("bj-{letters:a>16}").parse().unwrap(),
            tenant: tenant.parse().unwrap(),
            queued_at: Timestamp::from_ms(n.into()),
            machines: vec![Resources::default()],
            retry_at: None,
        }
    }

    /// Counting one who comes last gives the place that ordering everything anew would give.
    #[test]
    fn counting_agrees_with_ordering() {
        let tenants = ["a", "b", "c"];
        for seed in 0..200_u32 {
            let waiting: Vec<Entry> =
                (1..1 + seed % 12).map(|n| entry(n, tenants[((n * seed + n / 2) % 3) as usize])).collect();
            let running: BTreeMap<TenantId, u64> = tenants
                .iter()
                .zip(1_u64..)
                .map(|(t, n)| (t.parse().unwrap(), (u64::from(seed) * n) % 4))
                .collect();
            let newcomer = entry(50, tenants[(seed % 3) as usize]);
            let mut lines = Lines::new(waiting.clone(), running.clone(), None, Timestamp::default());
            let counted = lines.place(&newcomer.sandbox, &newcomer.tenant).place;
            let all = queue::order([waiting, vec![newcomer.clone()]].concat(), &running);
            let ordered = all.iter().position(|entry| entry.sandbox == newcomer.sandbox).unwrap() as u64 + 1;
            assert_eq!(counted, ordered, "seed {seed}");
        }
    }

    #[test]
    fn who_waits_for_no_room_holds_up_no_estimate() {
        let room = |memory_mib| Resources { memory_mib, ..Resources::default() };
        let asks = |n, memory_mib| Entry { machines: vec![room(memory_mib)], ..entry(n, "a") };
        let waiting = vec![asks(1, 9), asks(2, 1), asks(3, 4), asks(4, 1)];
        let capacity = domain::provider::Capacity::of_one_node(Timestamp::default(), room(8), room(6));
        let known = Some(Room::of(&capacity));
        let mut lines = Lines::new(waiting.clone(), BTreeMap::new(), known, Timestamp::default());
        let newcomer = entry(50, "a");
        let told = waiting.iter().chain([&newcomer]).map(|entry| lines.place(&entry.sandbox, &entry.tenant));
        let told: Vec<_> = told.map(|Place { place, wait }| (place, wait)).collect();
        let expected =
            [(1, Wait::Unknown), (2, Wait::Soon), (3, Wait::Room(1)), (4, Wait::Room(2)), (5, Wait::Room(3))];
        assert_eq!(told, expected);
    }
}
