//! The two tokens that everybody watches, and the handle that sets them.

use tokio_util::sync::CancellationToken;

/// A component's view of the stop: it can only look and wait. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Stop {
    /// Resolves when the process should drain: take no new work, finish what runs. Cancel safe.
    pub async fn soft(&self) {
        self.soft.cancelled().await;
    }

    /// Resolves when the process must end now: drop what runs. Cancel safe.
    pub async fn hard(&self) {
        self.hard.cancelled().await;
    }

    /// Whether a soft (or hard) stop was asked for.
    #[must_use]
    pub fn is_soft(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Whether a hard stop was asked for.
    #[must_use]
    pub fn is_hard(&self) -> bool {
        self.hard.is_cancelled()
    }

    /// Runs `work` to its end, unless a hard stop comes first: then it is dropped and the answer is `None`.
    pub async fn unless_hard<F: Future>(&self, work: F) -> Option<F::Output> {
        self.hard.run_until_cancelled(work).await
    }

    /// Runs `work` to its end, unless a soft stop comes first: then it is dropped and the answer is `None`.
    pub async fn unless_soft<F: Future>(&self, work: F) -> Option<F::Output> {
        self.soft.run_until_cancelled(work).await
    }
}

/// Asks a group of tasks to stop; the tests' and embedders' counterpart of a signal. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stopper {
    stop: Stop,
}

impl Stopper {
    /// A stopper with a fresh [`Stop`] that nobody has asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The view to hand to components.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Asks for a soft stop. Asking again changes nothing.
    pub fn soft(&self) {
        self.stop.soft.cancel();
    }

    /// Asks for a hard stop, which is a soft one too.
    pub fn hard(&self) {
        self.stop.soft.cancel();
        self.stop.hard.cancel();
    }
}
