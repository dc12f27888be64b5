//! The one loop around every background component.
//!
//! A component is an idempotent [`Tick`] without input. The loop calls it at an interval, sooner when it is
//! woken or asks for it, later when it fails. A wake-up carries no data and any number of them coalesce to one
//! tick: polling is the truth, notifications only make it quick.

mod failures;
mod metrics;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::backoff::{Backoff, os_random};
use crate::{BoxError, Stop};
use failures::Failures;
pub use metrics::TickMetrics;

/// How failing ticks are spaced when nothing else is set.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));

/// When a component wants its next tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing left to do: at the interval, or when woken.
    Idle,
    /// There is more to do: at once.
    Again,
    /// Something is due then: after this long at most, or when woken.
    After(Duration),
}

/// A background component: one idempotent step without input, which finds its work by itself.
pub trait Tick: Send + Sync + 'static {
    /// Its name in logs and metric labels; one of a small fixed set.
    fn name(&self) -> &'static str;

    /// Does what is to be done now, with bounded work. It may be dropped at any await by a hard stop.
    /// An error is logged and backed off by the loop; it must not be logged by the component.
    fn tick(&self) -> impl Future<Output = Result<Next, BoxError>> + Send;
}

/// How to run a [`Tick`].
#[derive(Debug, Clone)]
pub struct Ticker {
    /// The longest time between two ticks that succeed.
    pub interval: Duration,
    /// Wakes the component early; `notify_one` from anywhere.
    pub wake: Arc<Notify>,
    /// Ends the loop: after the running tick when soft, in the midst of it when hard.
    pub stop: Stop,
    /// Where durations and failures are counted.
    pub metrics: TickMetrics,
    /// How failing ticks are spaced.
    pub backoff: Backoff,
    /// Where the jitter of the backoff comes from.
    pub random: fn() -> u64,
}

impl Ticker {
    /// A ticker with the usual backoff.
    #[must_use]
    pub fn new(interval: Duration, wake: Arc<Notify>, stop: Stop, metrics: TickMetrics) -> Self {
        Self { interval, wake, stop, metrics, backoff: BACKOFF, random: os_random }
    }

    /// Ticks until the stop. Never fails: a failing tick is tried again.
    ///
    /// # Errors
    /// None; the type fits [`Tasks::spawn`](crate::Tasks::spawn).
    pub async fn run<T: Tick>(self, component: T) -> Result<(), BoxError> {
        let mut failures = Failures::new(component.name());
        while !self.stop.is_soft() {
            let Some(pause) = self.tick_once(&component, &mut failures).await else { break };
            self.pause(pause).await;
        }
        Ok(())
    }

    /// One tick and what it asks for; `None` when a hard stop cut it short.
    async fn tick_once<T: Tick>(&self, component: &T, failures: &mut Failures) -> Option<Pause> {
        let started = Instant::now();
        let result = self.stop.unless_hard(component.tick()).await?;
        self.metrics.record(component.name(), started.elapsed(), result.is_ok());
        Some(match result {
            Ok(next) => {
                failures.succeeded();
                self.pause_before(next)
            }
            Err(error) => {
                Pause::Failing(self.backoff.delay(failures.failed(error.as_ref()), (self.random)()))
            }
        })
    }

    fn pause_before(&self, next: Next) -> Pause {
        match next {
            Next::Idle => Pause::Waiting(self.interval),
            Next::After(delay) => Pause::Waiting(delay.min(self.interval)),
            Next::Again => Pause::None,
        }
    }

    async fn pause(&self, pause: Pause) {
        let waiting = async {
            match pause {
                // Others get their turn even if this component always has more to do.
                Pause::None => tokio::task::yield_now().await,
                Pause::Waiting(delay) => tokio::select! {
                    () = self.wake.notified() => {}
                    () = sleep(delay) => {}
                },
                // A wake-up must not turn an outage into a busy loop; it is kept until the pause is over.
                Pause::Failing(delay) => sleep(delay).await,
            }
        };
        let _stopped = self.stop.unless_soft(waiting).await;
    }
}

/// What lies between two ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    None,
    Waiting(Duration),
    Failing(Duration),
}

#[cfg(test)]
mod tests;
