//! The tick that forgets what nobody can ask for any more: old events, deleted sandboxes, spent tickets.
//!
//! What it forgets depends on age alone, and forgetting twice is the same as once: so it carries no term.

use std::sync::Arc;
use std::time::Duration;

use runtime::{BoxError, Next, Tick};
use store::log::NUMBERED_AT_ONCE_MAX;

use crate::{Context, Error};

/// How long events are kept, and how long a reader may be away and still resume, in days.
pub const LOG_KEPT_DAYS: u64 = 7;
/// How long a ticket is remembered after its time, in seconds: as long as a cookie may live, so that whoever reloads
/// an old URL is told that the ticket is spent or expired, not that it never was.
const TICKETS_KEPT_S: u64 = 24 * 3600;
/// Most events dropped by one tick.
const LOG_ENTRIES_PER_TICK: u64 = 2_000;
/// Most sandboxes forgotten by one tick.
const SANDBOXES_PER_TICK: u64 = 100;
/// Most tickets forgotten by one tick.
const TICKETS_PER_TICK: u64 = 2_000;
/// The pause before the next tick when there is more, so that a backlog never holds up those who wait.
const PAUSE: Duration = Duration::from_secs(1);

const SECONDS_PER_DAY: u64 = 24 * 3600;

/// Forgets, a bounded number at a time.
#[derive(Debug)]
pub struct Retention {
    ctx: Arc<Context>,
}

impl Retention {
    /// The tick.
    #[must_use]
    pub const fn new(ctx: Arc<Context>) -> Self {
        Self { ctx }
    }

    async fn forget(&self) -> Result<Next, Error> {
        if self.ctx.leadership.term(&*self.ctx.clock).is_none() {
            return Ok(Next::Idle);
        }
        let store = &self.ctx.store;
        let before = |age_s: u64| self.ctx.now() - Duration::from_secs(age_s);
        // Only what has a number can be dropped; where nobody reads, nobody numbers.
        store.log().sequence(NUMBERED_AT_ONCE_MAX).await?;
        let entries =
            store.log().prune(before(LOG_KEPT_DAYS * SECONDS_PER_DAY), LOG_ENTRIES_PER_TICK).await?;
        let sandboxes = store.sandboxes().prune(SANDBOXES_PER_TICK).await?;
        let tickets = store.tickets().prune(before(TICKETS_KEPT_S), TICKETS_PER_TICK).await?;
        let is_more =
            entries == LOG_ENTRIES_PER_TICK || sandboxes == SANDBOXES_PER_TICK || tickets == TICKETS_PER_TICK;
        Ok(if is_more { Next::After(PAUSE) } else { Next::Idle })
    }
}

impl Tick for Retention {
    fn name(&self) -> &'static str {
        "retention"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        Ok(self.forget().await?)
    }
}

#[cfg(test)]
mod tests;
