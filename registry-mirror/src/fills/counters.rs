//! What fills count.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Sums since the start.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) upstream_bytes: AtomicU64,
    pub(super) begun: AtomicU64,
    pub(super) sealed: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) abandoned: AtomicU64,
    pub(super) resumed: AtomicU64,
    pub(super) wrong: AtomicU64,
}

/// What fills did and do, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes of blobs that upstreams sent.
    pub upstream_bytes: u64,
    /// Fills that began.
    pub begun: u64,
    /// Fills that ended with a complete blob.
    pub sealed: u64,
    /// Fills that no origin could complete.
    pub failed: u64,
    /// Fills that ended because nobody wanted them any more.
    pub abandoned: u64,
    /// Times that a fill went on after an upstream cut it.
    pub resumed: u64,
    /// Times that content did not fit its digest.
    pub wrong: u64,
    /// Fills that run now.
    pub running: usize,
    /// Readers of running fills now.
    pub readers: usize,
}

impl Counters {
    pub(super) fn counts(&self, running: usize, readers: usize) -> Counts {
        Counts {
            upstream_bytes: self.upstream_bytes.load(Relaxed),
            begun: self.begun.load(Relaxed),
            sealed: self.sealed.load(Relaxed),
            failed: self.failed.load(Relaxed),
            abandoned: self.abandoned.load(Relaxed),
            resumed: self.resumed.load(Relaxed),
            wrong: self.wrong.load(Relaxed),
            running,
            readers,
        }
    }
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
