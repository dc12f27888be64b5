//! The components of a process and their supervision.

use std::collections::HashMap;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::outcome::Outcome;
use super::signals::Requests;
use super::{Stop, Stopper};
use crate::BoxError;

/// How long components may drain when nothing else is configured.
pub const DRAIN_DEADLINE: Duration = Duration::from_secs(30);

/// How long components have after the hard stop before they are aborted.
const ABORT_AFTER_HARD: Duration = Duration::from_secs(2);

/// The components of a process: the one place that spawns them. Dropping it aborts them all.
pub struct Tasks {
    set: JoinSet<Result<(), BoxError>>,
    names: HashMap<Id, &'static str>,
    stopper: Stopper,
    drain_deadline: Duration,
    failed: bool,
}

impl Tasks {
    /// No components yet; they will have `drain_deadline` between the soft and the hard stop.
    #[must_use]
    pub fn new(drain_deadline: Duration) -> Self {
        let (set, names, stopper) = (JoinSet::new(), HashMap::new(), Stopper::new());
        Self { set, names, stopper, drain_deadline, failed: false }
    }

    /// The view of the stop that components watch.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stopper.stop()
    }

    /// A handle that stops these components from inside the process.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Starts a component. It runs until a stop is asked for; if it ends before, the process stops and fails.
    /// `name` appears in the log.
    pub fn spawn<F, E>(&mut self, name: &'static str, component: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + Send + 'static,
    {
        let handle = self.set.spawn(async move { component.await.map_err(Into::into) });
        self.names.insert(handle.id(), name);
    }

    /// Supervises the components until all have ended, with SIGTERM and SIGINT asking for the stop.
    /// Success when they were asked to stop and did so in time and without an error.
    pub async fn run(self) -> ExitCode {
        match Requests::signals() {
            Ok(requests) => self.supervise(requests).await,
            Err(error) => {
                tracing::error!(%error, "signals can't be received");
                ExitCode::FAILURE
            }
        }
    }

    /// As [`run`](Self::run), but only the [`Stopper`] stops it: for a region inside a test or another program.
    pub async fn run_embedded(self) -> ExitCode {
        self.supervise(Requests::Never).await
    }

    pub(super) async fn supervise(mut self, mut requests: Requests) -> ExitCode {
        self.until_soft(&mut requests).await;
        self.until_hard(&mut requests).await;
        self.until_aborted().await;
        if self.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Phase one: everything runs, until somebody asks for a stop or a component ends.
    async fn until_soft(&mut self, requests: &mut Requests) {
        let stop = self.stop();
        tokio::select! {
            biased;
            () = stop.soft() => {}
            signal = requests.next() => tracing::info!(signal, "stopping softly"),
            // Without any component there is nothing to wait for.
            ended = self.set.join_next_with_id() => ended.into_iter().for_each(|ended| self.record(ended)),
        }
        self.stopper.soft();
    }

    /// Phase two: components drain, until they have ended, the deadline passes or somebody asks again.
    async fn until_hard(&mut self, requests: &mut Requests) {
        let stop = self.stop();
        let deadline = Instant::now() + self.drain_deadline;
        while !stop.is_hard() && !self.set.is_empty() {
            tokio::select! {
                biased;
                Some(ended) = self.set.join_next_with_id() => self.record(ended),
                () = stop.hard() => {}
                signal = requests.next() => self.go_hard(signal),
                () = sleep_until(deadline) => self.go_hard("drain deadline"),
            }
        }
    }

    fn go_hard(&self, reason: &'static str) {
        tracing::warn!(reason, tasks.running = %self.running(), "stopping hard");
        self.stopper.hard();
    }

    /// Phase three: a last moment to drop everything, then the rest is aborted.
    async fn until_aborted(&mut self) {
        let deadline = Instant::now() + ABORT_AFTER_HARD;
        while !self.set.is_empty() {
            tokio::select! {
                biased;
                Some(ended) = self.set.join_next_with_id() => self.record(ended),
                () = sleep_until(deadline) => break,
            }
        }
        self.set.abort_all();
        while let Some(ended) = self.set.join_next_with_id().await {
            self.record(ended);
        }
    }

    fn record(&mut self, ended: Result<(Id, Result<(), BoxError>), JoinError>) {
        let (id, result) = match ended {
            Ok((id, result)) => (id, Ok(result)),
            Err(error) => (error.id(), Err(error)),
        };
        let name = self.names.remove(&id).unwrap_or("unknown");
        let good = Outcome::of(result).record(name, self.stopper.stop().is_soft());
        self.failed |= !good;
    }

    fn running(&self) -> String {
        let mut names: Vec<_> = self.names.values().copied().collect();
        names.sort_unstable();
        names.join(", ")
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new(DRAIN_DEADLINE)
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("running", &self.running()).finish_non_exhaustive()
    }
}
