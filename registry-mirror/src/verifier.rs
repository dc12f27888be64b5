//! Verification on request: one at a time, with progress that can be asked for.

use std::sync::Arc;

use parking_lot::Mutex;
use runtime::{BoxError, Stop};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::place::Place;
use crate::scrub::{Verified, verify};

/// Reads all blobs when somebody wants it, one component of the process.
#[derive(Debug)]
pub(crate) struct Verifier {
    place: Arc<dyn Place>,
    wanted: Notify,
    progress: Mutex<Verification>,
}

/// The last verification, or the one that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Where it is.
    pub state: VerificationState,
    /// Blobs that were read to their end.
    pub blobs: u64,
    /// Of so many.
    pub blobs_total: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Of so many.
    pub bytes_total: u64,
    /// Blobs that were wrong. They are out of service; the next pull fills them anew.
    pub wrong: Vec<String>,
}

/// Where a verification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationState {
    /// There was none since the start.
    #[default]
    Never,
    /// Under way.
    Running,
    /// Ended; `wrong` is the whole list.
    Done,
    /// The disk could not be read or a wrong blob not be put aside; the log says why.
    Failed,
}

impl Verifier {
    pub(crate) fn new(place: Arc<dyn Place>) -> Self {
        Self { place, wanted: Notify::new(), progress: Mutex::default() }
    }

    /// Begins one, unless one runs.
    pub(crate) fn begin(&self) -> Verification {
        let mut progress = self.progress.lock();
        if progress.state != VerificationState::Running {
            *progress = Verification { state: VerificationState::Running, ..Verification::default() };
            self.wanted.notify_one();
        }
        progress.clone()
    }

    pub(crate) fn progress(&self) -> Verification {
        self.progress.lock().clone()
    }

    /// Verifies when it is wanted, until the process stops.
    ///
    /// # Errors
    /// None; the shape is that of every component.
    pub(crate) async fn run(self: Arc<Self>, stop: Stop) -> Result<(), BoxError> {
        while stop.unless_soft(self.wanted.notified()).await.is_some() {
            if stop.unless_soft(self.verify()).await.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn verify(&self) {
        let report = verify(&self.place, |verified| self.progress.lock().reach(verified)).await;
        let mut progress = self.progress.lock();
        match report {
            Ok(report) => {
                progress.reach(report.verified);
                progress.wrong = report.wrong.iter().map(ToString::to_string).collect();
                progress.state = VerificationState::Done;
                tracing::info!(
                    blobs = progress.blobs,
                    wrong = progress.wrong.len(),
                    "all blobs were verified"
                );
            }
            Err(error) => {
                tracing::error!(%error, "blobs cannot be verified");
                progress.state = VerificationState::Failed;
            }
        }
    }
}

impl Verification {
    fn reach(&mut self, verified: Verified) {
        self.blobs = verified.blobs as u64;
        self.blobs_total = verified.blobs_total as u64;
        self.bytes = verified.bytes;
        self.bytes_total = verified.bytes_total;
    }
}
