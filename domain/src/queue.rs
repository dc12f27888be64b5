//! The queue: its order is fair between tenants and first come, first served within one.

use std::collections::{BTreeMap, VecDeque};

use crate::id::{SandboxId, TenantId};
use crate::resources::Resources;
use crate::time::Timestamp;

/// A sandbox that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub sandbox: SandboxId,
    /// Whose.
    pub tenant: TenantId,
    /// When it entered for the present run; a repeated create or a return for lack of room does not change it.
    pub queued_at: Timestamp,
    /// What it needs.
    pub resources: Resources,
}

/// The order in which waiting sandboxes are admitted: always next from the tenant that holds the fewest running and
/// chosen sandboxes, the longest waiting among equals; within a tenant by the time of entering.
#[must_use]
pub fn order(mut waiting: Vec<Entry>, running: &BTreeMap<TenantId, u64>) -> Vec<Entry> {
    waiting.sort_by(|a, b| (a.queued_at, &a.sandbox).cmp(&(b.queued_at, &b.sandbox)));
    let mut held: BTreeMap<TenantId, u64> = BTreeMap::new();
    let mut lines: BTreeMap<TenantId, VecDeque<Entry>> = BTreeMap::new();
    for entry in waiting {
        held.entry(entry.tenant.clone()).or_insert_with(|| running.get(&entry.tenant).copied().unwrap_or(0));
        lines.entry(entry.tenant.clone()).or_default().push_back(entry);
    }
    let mut ordered = Vec::new();
    while let Some(tenant) = next_tenant(&lines, &held) {
        *held.entry(tenant.clone()).or_default() += 1;
        if let Some(line) = lines.get_mut(&tenant) {
            ordered.extend(line.pop_front());
            if line.is_empty() {
                lines.remove(&tenant);
            }
        }
    }
    ordered
}

fn next_tenant(
    lines: &BTreeMap<TenantId, VecDeque<Entry>>,
    held: &BTreeMap<TenantId, u64>,
) -> Option<TenantId> {
    let rank = |(tenant, line): &(&TenantId, &VecDeque<Entry>)| {
        let first = line.front().map(|entry| (entry.queued_at, entry.sandbox.clone()));
        (held.get(*tenant).copied().unwrap_or(0), first)
    };
    lines.iter().min_by_key(rank).map(|(tenant, _)| tenant.clone())
}

/// The head of `ordered` that fits in `room`. It stops at the first that doesn't fit, so that a large sandbox isn't
/// overtaken for ever by small ones. One that is larger than `total`, all that there is, waits for something else than
/// room, and holds nobody up.
pub fn admit(ordered: &[Entry], total: Resources, mut room: Resources) -> impl Iterator<Item = &Entry> {
    let can_ever_fit = ordered.iter().filter(move |entry| entry.resources.fits(total));
    can_ever_fit.take_while(move |entry| {
        let fits = entry.resources.fits(room);
        room = room.minus(entry.resources);
        fits
    })
}

/// Seconds until the sandbox at `place` (from 1) is admitted, as a range; `None` when nothing tells.
/// `admitted` is how many were admitted in the last `window_s` seconds.
#[must_use]
pub fn estimate_s(place: u64, admitted: u64, window_s: u64) -> Option<(u64, u64)> {
    if admitted == 0 || window_s == 0 {
        return None;
    }
    let middle = place.saturating_mul(window_s) / admitted;
    Some((middle / 2, middle.saturating_mul(2).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u8, tenant: &str, at: i64) -> Entry {
        let sandbox = format!("bj-aaaaaaaaaaaaaaa{}", char::from(b'a' + n)).parse().unwrap();
        let resources = Resources { cpu_millis: 1000, ..Resources::default() };
        Entry { sandbox, tenant: tenant.parse().unwrap(), queued_at: Timestamp::from_ms(at), resources }
    }

    fn order_of(waiting: Vec<Entry>, running: &[(&str, u64)]) -> Vec<i64> {
        let running = running.iter().map(|(t, n)| (t.parse().unwrap(), *n)).collect();
        order(waiting, &running).into_iter().map(|e| e.queued_at.ms()).collect()
    }

    #[test]
    fn a_large_school_does_not_starve_a_small_one() {
        let waiting = vec![entry(0, "big", 1), entry(1, "big", 2), entry(2, "big", 3), entry(3, "small", 4)];
        assert_eq!(order_of(waiting, &[]), [1, 4, 2, 3]);
    }

    #[test]
    fn who_runs_little_comes_first() {
        let waiting = vec![entry(0, "big", 1), entry(1, "small", 2)];
        assert_eq!(order_of(waiting, &[("big", 5)]), [2, 1]);
    }

    #[test]
    fn a_large_one_is_not_overtaken() {
        let mut waiting = vec![entry(0, "a", 1), entry(1, "a", 2), entry(2, "a", 3)];
        waiting[1].resources.cpu_millis = 5000;
        let room = Resources { cpu_millis: 3000, ..Resources::default() };
        let total = Resources { cpu_millis: 8000, ..Resources::default() };
        assert_eq!(admit(&waiting, total, room).count(), 1);
    }

    #[test]
    fn one_that_can_never_fit_holds_nobody_up() {
        let mut waiting = vec![entry(0, "a", 1), entry(1, "a", 2), entry(2, "a", 3)];
        waiting[1].resources.cpu_millis = 5000;
        let all = Resources { cpu_millis: 3000, ..Resources::default() };
        let admitted: Vec<_> = admit(&waiting, all, all).map(|entry| entry.queued_at.ms()).collect();
        assert_eq!(admitted, [1, 3]);
    }

    #[test]
    fn an_estimate_needs_evidence() {
        assert_eq!(estimate_s(3, 0, 60), None);
        assert_eq!(estimate_s(3, 6, 60), Some((15, 60)));
    }
}
