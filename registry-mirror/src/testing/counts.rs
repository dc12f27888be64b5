//! What happened at a fake registry.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// More requests than this are counted but not written down.
const REQUESTS_MAX: usize = 100_000;

/// What happened at a fake registry so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes of blobs that were handed to connections.
    pub blob_bytes: u64,
    /// GETs of blobs that were answered with content.
    pub blob_gets: u64,
    /// GETs of manifests that were answered with content: each is a pull of the budget.
    pub manifest_gets: u64,
    /// HEADs of manifests that were answered.
    pub manifest_heads: u64,
    /// Pulls that were refused for lack of budget.
    pub refused_pulls: u64,
    /// Tokens that were given out.
    pub tokens: u64,
    /// Requests that were answered 401.
    pub challenges: u64,
    /// Requests to the object store that showed credentials: always a mistake.
    pub leaks: u64,
    /// Connections that were accepted.
    pub connections: u64,
}

/// The running numbers.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) blob_bytes: AtomicU64,
    pub(super) blob_gets: AtomicU64,
    pub(super) manifest_gets: AtomicU64,
    pub(super) manifest_heads: AtomicU64,
    pub(super) refused_pulls: AtomicU64,
    pub(super) tokens: AtomicU64,
    pub(super) challenges: AtomicU64,
    pub(super) leaks: AtomicU64,
    pub(super) connections: AtomicU64,
    requests: Mutex<Vec<String>>,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::SeqCst);
    }

    pub(super) fn note(&self, request: String) {
        let mut requests = self.requests.lock();
        if requests.len() < REQUESTS_MAX {
            requests.push(request);
        }
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().clone()
    }

    pub(super) fn read(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Counts {
            blob_bytes: of(&self.blob_bytes),
            blob_gets: of(&self.blob_gets),
            manifest_gets: of(&self.manifest_gets),
            manifest_heads: of(&self.manifest_heads),
            refused_pulls: of(&self.refused_pulls),
            tokens: of(&self.tokens),
            challenges: of(&self.challenges),
            leaks: of(&self.leaks),
            connections: of(&self.connections),
        }
    }
}
