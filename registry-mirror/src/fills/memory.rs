//! What is remembered of blobs whose fills went badly, for a while.

use std::time::Duration;

use moka::sync::Cache;

use crate::digest::Digest;

/// So long; a node's pulls of one image come at most 5 minutes apart.
const REMEMBERED_FOR: Duration = Duration::from_secs(3600);
/// More are forgotten early.
const BLOBS_MAX: u64 = 10_000;

/// What is remembered of blobs.
#[derive(Debug)]
pub(super) struct Memory {
    refused: Cache<Digest, u64>,
    suspects: Cache<Digest, ()>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { refused: remembering(), suspects: remembering() }
    }

    /// The size of one that had no room lately: who asks again need not ask the upstream for it.
    pub(super) fn refused(&self, digest: &Digest) -> Option<u64> {
        self.refused.get(digest)
    }

    /// It has no room; says whether that is news.
    pub(super) fn refuse(&self, digest: &Digest, size: u64) -> bool {
        let is_news = !self.refused.contains_key(digest);
        if is_news {
            self.refused.insert(digest.clone(), size);
        }
        is_news
    }

    /// Whether its content was wrong lately, whoever was asked.
    pub(super) fn is_suspect(&self, digest: &Digest) -> bool {
        self.suspects.contains_key(digest)
    }

    pub(super) fn suspect(&self, digest: &Digest) {
        self.suspects.insert(digest.clone(), ());
    }

    pub(super) fn trust(&self, digest: &Digest) {
        self.suspects.invalidate(digest);
        self.refused.invalidate(digest);
    }
}

fn remembering<T: Clone + Send + Sync + 'static>() -> Cache<Digest, T> {
    Cache::builder().max_capacity(BLOBS_MAX).time_to_live(REMEMBERED_FOR).build()
}
