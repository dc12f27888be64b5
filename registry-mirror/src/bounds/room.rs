//! Space on disk. A fill takes the space of its whole blob before its first byte, so that what was begun can
//! also end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

use super::{Evict, Limits};
use crate::place::{Place, Usage};

/// How often the first in the queue asks again: readers that end tell nobody.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// The queue for space. Whoever is first waits until its blob fits; the others wait behind it.
#[derive(Debug)]
pub struct Room {
    limits: Limits,
    place: Arc<dyn Place>,
    evict: Arc<dyn Evict>,
    /// Whoever holds it is first; tokio's mutex is fair.
    turnstile: Mutex<()>,
}

/// There is room, and nobody else is told so until this is dropped: reserve first.
#[derive(Debug)]
pub struct Granted<'a>(#[expect(dead_code, reason = "held, never read")] MutexGuard<'a, ()>);

/// A blob that can never fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the blob of {size} bytes is larger than the whole disk budget of {budget_bytes} bytes: raise the budget"
)]
pub struct Full {
    /// Of the blob, in bytes.
    pub size: u64,
    /// The budget.
    pub budget_bytes: u64,
}

impl Room {
    pub(super) fn new(limits: Limits, place: Arc<dyn Place>, evict: Arc<dyn Evict>) -> Self {
        Self { limits, place, evict, turnstile: Mutex::default() }
    }

    /// Waits for `bytes` of space, for as long as it takes. What is needed least is given up for it: first
    /// parts that nobody continues, then whatever [`Evict`] chooses.
    ///
    /// # Errors
    /// [`Full`] when it can never fit.
    pub async fn wait(&self, bytes: u64) -> Result<Granted<'_>, Full> {
        if bytes > self.limits.disk_budget_bytes {
            return Err(Full { size: bytes, budget_bytes: self.limits.disk_budget_bytes });
        }
        let turn = self.turnstile.lock().await;
        loop {
            let short = self.short_bytes(bytes);
            if short == 0 {
                return Ok(Granted(turn));
            }
            if self.free(short.saturating_add(self.limits.headroom_bytes)).await < short {
                sleep(ASK_AGAIN).await;
            }
        }
    }

    /// Frees space because the disk said it is full; returns what was freed.
    pub async fn free(&self, bytes: u64) -> u64 {
        let place = Arc::clone(&self.place);
        let dropped = tokio::task::spawn_blocking(move || place.drop_unfinished(bytes)).await.unwrap_or(0);
        if dropped >= bytes {
            return dropped;
        }
        dropped + self.evict.free(bytes - dropped).await
    }

    /// How far the usage is above the budget less its headroom: what an eviction in the background frees.
    #[must_use]
    pub fn excess_bytes(&self) -> u64 {
        let target = self.limits.disk_budget_bytes.saturating_sub(self.limits.headroom_bytes);
        self.usage().total_bytes().saturating_sub(target)
    }

    /// What is taken.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.place.usage()
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What is missing for `bytes` more, by the budget and on the disk itself.
    fn short_bytes(&self, bytes: u64) -> u64 {
        let wanted = self.usage().total_bytes().saturating_add(bytes);
        let by_budget = wanted.saturating_sub(self.limits.disk_budget_bytes);
        // A disk that does not say has room until a write fails.
        let free = self.place.disk_free_bytes().unwrap_or(u64::MAX);
        by_budget.max(bytes.saturating_sub(free))
    }
}
