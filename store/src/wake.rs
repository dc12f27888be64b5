//! Waking: a hint that something was committed, by any process. Polling stays the truth.
//!
//! On SQLite one process owns the database and the hint stays inside it. On PostgreSQL other processes hear it by
//! NOTIFY. A NOTIFY inside a writing transaction would make every commit of the database wait for one lock, so it
//! is sent after the commit, by one task, in a transaction of its own that writes nothing, and at most once in
//! [`NOTIFY_INTERVAL_MS`] however many commits there were.

mod postgres;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use postgres::{hear, tell};
use tokio::sync::watch;

/// Shortest time between two notifications of one process, in milliseconds.
pub const NOTIFY_INTERVAL_MS: u64 = 5;

/// How many topics there are.
const TOPICS: usize = 4;

/// What may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// What is wanted of some sandbox.
    Intent,
    /// What is known of some sandbox, or of the region.
    Status,
    /// Something was appended to the log.
    Log,
    /// A key was revoked, or a session ended.
    Keys,
}

impl Topic {
    pub(crate) const ALL: [Self; TOPICS] = [Self::Intent, Self::Status, Self::Log, Self::Keys];

    const fn index(self) -> usize {
        match self {
            Self::Intent => 0,
            Self::Status => 1,
            Self::Log => 2,
            Self::Keys => 3,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Status => "status",
            Self::Log => "log",
            Self::Keys => "keys",
        }
    }
}

/// Counts of changes by topic, in this process.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    heard: Arc<[watch::Sender<u64>; TOPICS]>,
    /// Changes of this process alone: what others must be told.
    own: Arc<[watch::Sender<u64>; TOPICS]>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        let senders = || Arc::new([0; TOPICS].map(watch::Sender::new));
        Self { heard: senders(), own: senders() }
    }

    /// This process committed changes.
    pub(crate) fn changed(&self, topics: &[Topic]) {
        for topic in topics {
            self.own[topic.index()].send_modify(|count| *count += 1);
            self.heard(*topic);
        }
    }

    /// Somebody committed changes.
    fn heard(&self, topic: Topic) {
        self.heard[topic.index()].send_modify(|count| *count += 1);
    }

    /// How many changes were heard of.
    pub(crate) fn count(&self, topic: Topic) -> u64 {
        *self.heard[topic.index()].borrow()
    }
}

/// Waits for changes. Each clone remembers for itself what it has answered to, so that a change between two waits
/// is not missed; many changes wake once.
#[derive(Debug)]
pub struct Wake {
    hub: Hub,
    answered: [AtomicU64; TOPICS],
}

impl Wake {
    pub(crate) fn new(hub: Hub) -> Self {
        let answered = Topic::ALL.map(|topic| AtomicU64::new(hub.count(topic)));
        Self { hub, answered }
    }

    /// Resolves once something of this topic was committed since the last time it did.
    pub async fn wait(&self, topic: Topic) {
        let answered = &self.answered[topic.index()];
        let mut changes = self.hub.heard[topic.index()].subscribe();
        let news = changes.wait_for(|count| *count != answered.load(Ordering::SeqCst)).await;
        // Copied out at once: the guard can't be held across an await.
        let news = news.map(|count| *count);
        match news {
            Ok(count) => answered.store(count, Ordering::SeqCst),
            // The hub that `self` holds sends for as long as `self` lives.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Clone for Wake {
    fn clone(&self) -> Self {
        let copy = |topic: Topic| AtomicU64::new(self.answered[topic.index()].load(Ordering::SeqCst));
        Self { hub: self.hub.clone(), answered: Topic::ALL.map(copy) }
    }
}
