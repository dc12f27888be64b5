//! What the connections of a server share.

use std::sync::atomic::{AtomicU64, Ordering};

use super::answers::Answers;
use super::metrics::Metrics;
use crate::clock::SharedClock;

/// What the connections of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) answers: Answers,
    pub(super) metrics: Metrics,
    pub(super) clock: SharedClock,
    /// Tells this process's requests from its predecessor's.
    pub(super) process: u64,
    pub(super) requests: AtomicU64,
}

impl Shared {
    /// A name for a request that its client did not name.
    pub(super) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-{number}", self.process & u64::from(u32::MAX))
    }
}
