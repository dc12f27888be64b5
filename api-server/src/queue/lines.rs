//! Each tenant's line, and where one who comes last would stand in the order over all lines.

use std::collections::{BTreeMap, HashMap};

use domain::id::{SandboxId, TenantId};
use domain::queue::{self, Entry};

/// The lines as they were read, and who came since.
#[derive(Debug, Default)]
pub(super) struct Lines {
    places: HashMap<SandboxId, u64>,
    tenants: BTreeMap<TenantId, Line>,
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
    pub(super) fn new(waiting: Vec<Entry>, running: BTreeMap<TenantId, u64>) -> Self {
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
        let places = ordered.into_iter().zip(1..).map(|(entry, place)| (entry.sandbox, place)).collect();
        Self { places, tenants }
    }

    /// The place of a sandbox, from 1. One that isn't known yet came last in its tenant's line.
    pub(super) fn place(&mut self, sandbox: &SandboxId, tenant: &TenantId) -> u64 {
        if let Some(place) = self.places.get(sandbox) {
            return *place;
        }
        let own = self.tenants.entry(tenant.clone()).or_default();
        let rank = own.held + own.waiting;
        own.waiting += 1;
        let others = self.tenants.iter().filter(|(other, _)| *other != tenant);
        let ahead: u64 = others.map(|(_, line)| line.before(rank)).sum();
        let place = ahead + self.tenants.get(tenant).map_or(1, |line| line.waiting);
        self.places.insert(sandbox.clone(), place);
        place
    }
}

#[cfg(test)]
mod tests {
    use domain::resources::Resources;
    use domain::time::Timestamp;

    use super::*;

    fn entry(n: u32, tenant: &str) -> Entry {
        let letters: String = n.to_string().bytes().map(|b| char::from(b - b'0' + b'a')).collect();
        Entry {
            sandbox: format!("bj-{letters:a>16}").parse().unwrap(),
            tenant: tenant.parse().unwrap(),
            queued_at: Timestamp::from_ms(n.into()),
            resources: Resources::default(),
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
            let mut lines = Lines::new(waiting.clone(), running.clone());
            let counted = lines.place(&newcomer.sandbox, &newcomer.tenant);
            let all = queue::order([waiting, vec![newcomer.clone()]].concat(), &running);
            let ordered = all.iter().position(|entry| entry.sandbox == newcomer.sandbox).unwrap() as u64 + 1;
            assert_eq!(counted, ordered, "seed {seed}");
        }
    }
}
