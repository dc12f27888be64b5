//! Who leads: a lease of seconds with a term. Every write of the leader carries the term.

use std::time::Duration;

use domain::time::{Clock, Timestamp};
use parking_lot::Mutex;
use store::{Store, Term};

use crate::Error;

/// Name of the lease in the store.
pub(crate) const LEASE: &str = "jobrunner";

/// The part of a lease that is not used, so that clocks may differ a little: one fifth.
const UNUSED_PART: u64 = 5;

/// This process's view of the lease.
#[derive(Debug)]
pub struct Leadership {
    holder: String,
    lease_ms: u64,
    held: Mutex<Option<Held>>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    term: Term,
    until: Timestamp,
}

impl Leadership {
    /// Not leading yet. `holder` is unique to this process's life: a restarted process is another holder.
    #[must_use]
    pub const fn new(holder: String, lease_ms: u64) -> Self {
        Self { holder, lease_ms, held: Mutex::new(None) }
    }

    /// The term, while the lease surely holds.
    #[must_use]
    pub fn term(&self, clock: &dyn Clock) -> Option<Term> {
        self.held.lock().filter(|held| clock.now() < held.until).map(|held| held.term)
    }

    /// Takes or renews the lease. Answers whether this process has just become the leader.
    ///
    /// # Errors
    /// The store's; the lease held so far stays valid until its end.
    pub async fn tick(&self, store: &Store, clock: &dyn Clock) -> Result<bool, Error> {
        let asked_at = clock.now();
        let term = store.lease().acquire(LEASE, &self.holder, self.lease_ms).await?;
        let usable = Duration::from_millis(self.lease_ms - self.lease_ms / UNUSED_PART);
        let held = term.map(|term| Held { term, until: asked_at + usable });
        let before = std::mem::replace(&mut *self.held.lock(), held);
        Ok(held.is_some_and(|now| before.is_none_or(|before| before.term != now.term)))
    }

    /// Gives the lease up, so that another takes over at once.
    ///
    /// # Errors
    /// The store's; the lease then ends by itself.
    pub async fn release(&self, store: &Store) -> Result<(), Error> {
        let held = self.held.lock().take();
        if let Some(held) = held {
            store.lease().release(LEASE, held.term).await?;
        }
        Ok(())
    }

    /// Time between two renewals.
    #[must_use]
    pub const fn renew_interval(&self) -> Duration {
        Duration::from_millis(self.lease_ms / 4)
    }
}
