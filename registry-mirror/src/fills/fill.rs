//! One blob's fill, as those see it who wait for it.

use std::fmt;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Origin;
use super::candidates::Candidates;
use super::patience::{HEADERS_WITHIN, KEEP_FROM_PERCENT, LINGER};
use crate::blob::{Blob, Bytes, How, Lease, Progress};
use crate::digest::Digest;
use crate::source::Fault;

/// How often a fill looks whether anybody still wants it.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A running fill.
pub(super) struct Fill {
    digest: Digest,
    pub(super) candidates: Candidates,
    stage: watch::Sender<Stage>,
    /// One strong count per reader, and this one.
    readers: Arc<()>,
    kept: AtomicBool,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The size is not known yet, or content was wrong and another origin is tried.
    Opening,
    /// Bytes come.
    Open(Attempt),
    /// The blob is in the place, with its size; or nobody has it.
    Ended(Result<u64, Fault>),
}

/// One file that grows. Another one takes its place when its content turns out wrong.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) size: u64,
    pub(super) file: Arc<File>,
    pub(super) progress: watch::Receiver<Progress>,
    pub(super) lease: Lease,
}

impl Fill {
    pub(super) fn new(digest: Digest, origins: &[Origin]) -> Self {
        let candidates = Candidates::default();
        candidates.add(origins);
        let (stage, readers, kept) =
            (watch::Sender::new(Stage::Opening), Arc::new(()), AtomicBool::new(false));
        Self { digest, candidates, stage, readers, kept }
    }

    pub(super) const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The blob once its size is known; `None` when the fill ended well meanwhile, and the place has it.
    pub(super) async fn blob(&self, how: How) -> Result<Option<Blob>, Fault> {
        let reader = Arc::clone(&self.readers);
        let mut stage = self.stage.subscribe();
        let opened = stage.wait_for(|stage| !matches!(stage, Stage::Opening));
        let Ok(opened) = timeout(HEADERS_WITHIN, opened).await else {
            return Err(self.candidates.last_fault());
        };
        let attempt = match opened.as_deref() {
            Ok(Stage::Open(attempt)) => attempt.clone(),
            Ok(Stage::Ended(Ok(_))) => return Ok(None),
            Ok(Stage::Ended(Err(fault))) => return Err(fault.clone()),
            Ok(Stage::Opening) | Err(_) => return Err(self.candidates.last_fault()),
        };
        drop(opened);
        let lease: Lease = Arc::new((reader, attempt.lease));
        let bytes = Bytes { file: attempt.file, progress: attempt.progress, lease };
        Ok(Some(Blob::new(self.digest.clone(), attempt.size, how, bytes)))
    }

    /// Waits for the end.
    pub(super) async fn ended(&self) -> Result<u64, Fault> {
        let mut stage = self.stage.subscribe();
        match stage.wait_for(|stage| matches!(stage, Stage::Ended(_))).await.as_deref() {
            Ok(Stage::Ended(result)) => result.clone(),
            _ => Err(self.candidates.last_fault()),
        }
    }

    /// Bytes come to `attempt` now.
    pub(super) fn open(&self, attempt: Attempt) {
        self.stage.send_replace(Stage::Open(attempt));
    }

    /// The content so far was wrong; who asks now waits for the next attempt.
    pub(super) fn reopen(&self) {
        self.stage.send_replace(Stage::Opening);
    }

    /// The end; only the first one counts.
    pub(super) fn end(&self, result: Result<u64, Fault>) {
        self.stage.send_if_modified(|stage| {
            let first = !matches!(stage, Stage::Ended(_));
            if first {
                *stage = Stage::Ended(result);
            }
            first
        });
    }

    pub(super) fn add_origins(&self, origins: &[Origin]) {
        self.candidates.add(origins);
    }

    /// Goes on to the end without readers.
    pub(super) fn keep(&self) {
        self.kept.store(true, Relaxed);
    }

    pub(super) fn readers(&self) -> usize {
        Arc::strong_count(&self.readers) - 1
    }

    pub(super) fn size(&self) -> Option<u64> {
        match &*self.stage.borrow() {
            Stage::Open(attempt) => Some(attempt.size),
            Stage::Ended(result) => result.as_ref().ok().copied(),
            Stage::Opening => None,
        }
    }

    pub(super) fn readable_bytes(&self) -> u64 {
        let Stage::Open(attempt) = &*self.stage.borrow() else { return self.size().unwrap_or(0) };
        match *attempt.progress.borrow() {
            Progress::Filling(end) => end,
            Progress::Sealed => attempt.size,
            Progress::Broken(_) => 0,
        }
    }

    /// Resolves when nobody has wanted this fill for [`LINGER`].
    pub(super) async fn unwanted(&self) {
        let mut unwanted_for = Duration::ZERO;
        while unwanted_for < LINGER {
            sleep(LOOK_EVERY).await;
            unwanted_for = if self.is_wanted() { Duration::ZERO } else { unwanted_for + LOOK_EVERY };
        }
    }

    fn is_wanted(&self) -> bool {
        let far = self.size().is_some_and(|size| self.readable_bytes() >= size * KEEP_FROM_PERCENT / 100);
        self.kept.load(Relaxed) || self.readers() > 0 || far
    }
}

impl fmt::Debug for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fill")
            .field("digest", &self.digest)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}
