//! The budget of requests to the API server: so many a second, so many at once, none while it asks us to wait.

use std::time::Duration;

use domain::provider::Error;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// Requests under way at once.
const CONCURRENT_MAX: usize = 32;
/// Requests that may be sent at once after a rest, in seconds of the rate.
const BURST_S: u32 = 2;
/// Longest wait for a turn; a caller hears of a longer one.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Where every request passes.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Semaphore,
    interval: Duration,
    turns: Mutex<Turns>,
}

#[derive(Debug)]
struct Turns {
    next: Instant,
    closed_until: Option<Instant>,
}

impl Gate {
    /// A gate for so many requests a second.
    pub(crate) fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        let turns = Mutex::new(Turns { next: Instant::now(), closed_until: None });
        Self { places: Semaphore::new(CONCURRENT_MAX), interval, turns }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Error::Throttled`] while the API server wants no requests, or when the turn is too far away.
    pub(crate) async fn pass(&self) -> Result<SemaphorePermit<'_>, Error> {
        sleep_until(self.turn()?).await;
        let closed = |_| Error::Unavailable { detail: "this process is ending".to_owned() };
        self.places.acquire().await.map_err(closed)
    }

    fn turn(&self) -> Result<Instant, Error> {
        let now = Instant::now();
        let mut turns = self.turns.lock();
        if let Some(until) = turns.closed_until.filter(|until| *until > now) {
            return Err(throttled(until - now));
        }
        let burst = self.interval.saturating_mul(BURST_S.saturating_mul(self.per_second()));
        let earliest = now.checked_sub(burst).unwrap_or(now);
        let turn = turns.next.max(earliest);
        if turn > now + WAIT_MAX {
            return Err(throttled(turn - now));
        }
        turns.next = turn + self.interval;
        Ok(turn)
    }

    fn per_second(&self) -> u32 {
        u32::try_from(Duration::from_secs(1).as_nanos() / self.interval.as_nanos().max(1)).unwrap_or(1)
    }

    /// Closes for a while: the API server asked for it.
    pub(crate) fn close_for(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut turns = self.turns.lock();
        turns.closed_until = turns.closed_until.max(Some(until));
    }
}

fn throttled(wait: Duration) -> Error {
    Error::Throttled { retry_after_s: Some(wait.as_secs().saturating_add(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_passes_and_more_hears_how_long_to_wait() {
        let gate = Gate::new(1);
        let mut passed = 0;
        let error = loop {
            match gate.turn() {
                Ok(_) => passed += 1,
                Err(error) => break error,
            }
        };
        assert!((6..=9).contains(&passed), "{passed}");
        assert!(matches!(error, Error::Throttled { retry_after_s: Some(5..=7) }), "{error:?}");
    }

    #[tokio::test]
    async fn it_stays_closed_as_long_as_it_was_asked_to() {
        let gate = Gate::new(50);
        gate.close_for(Duration::from_secs(30));
        gate.close_for(Duration::from_secs(1));
        let refused = gate.pass().await.map(drop);
        assert!(matches!(refused, Err(Error::Throttled { retry_after_s: Some(30) })), "{refused:?}");
    }
}
