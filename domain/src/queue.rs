//! The queue: its order is fair between tenants and first come, first served within one.

mod room;
mod wait;

use std::collections::{BTreeMap, VecDeque};

use crate::id::{SandboxId, TenantId};
use crate::resources::Resources;
use crate::time::Timestamp;
use crate::transition::REFUSED_PAUSE_MOST_S;
pub use room::Room;
pub use wait::{Wait, waits};

/// A sandbox that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub sandbox: SandboxId,
    /// Whose.
    pub tenant: TenantId,
    /// When it entered for the present run; a repeated create or a return for lack of room does not change it.
    pub queued_at: Timestamp,
    /// What its machines need: room for each, all together.
    pub machines: Vec<Resources>,
    /// When it is tried again after the provider had no room for it, although there seemed to be some; none before
    /// that happened in the present run.
    pub retry_at: Option<Timestamp>,
}

impl Entry {
    /// Whether its pause after a refusal is over, or it has none. A clock that was set back makes no pause longer.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.retry_at.is_none_or(|at| at <= now || at > now.plus_s(REFUSED_PAUSE_MOST_S))
    }

    /// Whether the provider had no room for it in the present run.
    #[must_use]
    pub const fn was_refused(&self) -> bool {
        self.retry_at.is_some()
    }
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

/// The head of `ordered` that finds room, which is taken from `room`. It stops at the first that finds none, so that a
/// large sandbox isn't overtaken for ever by small ones. One that would find none if nothing ran waits for something
/// else than room, and holds nobody up.
///
/// One that the provider had no room for, although there seemed to be some, holds up the others until it `is_due`;
/// and it is tried alone, since the provider knows more than its figures tell.
pub fn admit<'a>(ordered: &'a [Entry], room: &mut Room, is_due: impl Fn(&Entry) -> bool) -> Vec<&'a Entry> {
    let mut admitted = Vec::new();
    for entry in ordered {
        if is_due(entry) && room.take(&entry.machines) {
            admitted.push(entry);
            if entry.was_refused() {
                break;
            }
        } else if room.could_hold(&entry.machines) {
            break;
        }
    }
    admitted
}

#[cfg(test)]
mod tests;
