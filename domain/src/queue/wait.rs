//! How long who waits will wait, as far as anything tells.

use super::{Entry, Room, admit};
use crate::time::Timestamp;

/// Within how many seconds one is admitted for whom there is room: a few ticks.
const SOON_S: u64 = 5;

/// What a sandbox in the queue waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// There is room for it and for all before it.
    Soon,
    /// Room that others give back: it is the n-th to get some, from 1.
    Room(u64),
    /// Something else: no node is large enough for it.
    Unknown,
}

impl Wait {
    /// Seconds until it is admitted, as a range; `None` when nothing tells. `admitted` is how many were admitted in
    /// the last `window_s` seconds, at the pace of a queue.
    #[must_use]
    pub fn estimate_s(self, admitted: u64, window_s: u64) -> Option<(u64, u64)> {
        match self {
            Self::Soon => Some((0, SOON_S)),
            Self::Room(_) if admitted == 0 || window_s == 0 => None,
            Self::Room(nth) => {
                let middle = nth.saturating_mul(window_s) / admitted;
                Some((middle / 2, middle.saturating_mul(2).max(1)))
            }
            Self::Unknown => None,
        }
    }
}

/// What each of `ordered` waits for; without a look at the room, for others.
#[must_use]
pub fn waits(ordered: &[Entry], room: Option<Room>, now: Timestamp) -> Vec<Wait> {
    let Some(mut room) = room else {
        return (1..).take(ordered.len()).map(Wait::Room).collect();
    };
    let admitted = admit(ordered, &mut room, |entry| entry.is_due(now));
    let mut soon = admitted.into_iter().filter(|entry| !entry.was_refused()).peekable();
    let mut nth = 0;
    let wait = |entry: &Entry| {
        if soon.next_if(|next| next.sandbox == entry.sandbox).is_some() {
            return Wait::Soon;
        }
        if !room.could_hold(&entry.machines) {
            return Wait::Unknown;
        }
        nth += 1;
        Wait::Room(nth)
    };
    ordered.iter().map(wait).collect()
}
