//! Places in the queue, computed when they are read. The order is looked up at most once a second, or more rarely
//! when looking takes long; who came since then is counted behind it, without reading everything again.

mod lines;

use std::time::Duration;

use domain::id::{SandboxId, TenantId};
use domain::queue::{Entry, Room};
use domain::time::Timestamp;
use parking_lot::Mutex;
use store::Store;
use tokio::time::Instant;

use crate::limits::{ADMISSION_WINDOW_S, QUEUE_CACHE, QUEUE_EVIDENCE};
use crate::view::QueueView;
use lines::{Lines, Place};

/// A look may take this part of the time at most.
const LOOK_SHARE: u32 = 20;

/// The queue's order as it was a moment ago.
#[derive(Debug, Default)]
pub(crate) struct QueueCache {
    seen: Mutex<Option<Seen>>,
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Seen {
    lines: Lines,
    /// Lately, at the pace of a real queue; 0 when there is none.
    admitted: u64,
    until: Instant,
}

impl QueueCache {
    /// The place of a sandbox that waits, as far as is known.
    pub(crate) async fn place(
        &self,
        store: &Store,
        now: Timestamp,
        (sandbox, tenant): (&SandboxId, &TenantId),
    ) -> Result<Option<QueueView>, store::Error> {
        if !self.is_fresh() {
            let _one_looks = self.looking.lock().await;
            if !self.is_fresh() {
                let seen = look(store, now).await?;
                *self.seen.lock() = Some(seen);
            }
        }
        Ok(self.seen.lock().as_mut().map(|seen| seen.place(sandbox, tenant)))
    }

    fn is_fresh(&self) -> bool {
        self.seen.lock().as_ref().is_some_and(|seen| Instant::now() < seen.until)
    }
}

impl Seen {
    fn place(&mut self, sandbox: &SandboxId, tenant: &TenantId) -> QueueView {
        let Place { place, wait } = self.lines.place(sandbox, tenant);
        QueueView { place, estimate_s: wait.estimate_s(self.admitted, ADMISSION_WINDOW_S) }
    }
}

async fn look(store: &Store, now: Timestamp) -> Result<Seen, store::Error> {
    let began = Instant::now();
    let sandboxes = store.sandboxes();
    let waiting = sandboxes.waiting().await?;
    let running = sandboxes.running_per_tenant().await?;
    let admitted = if is_contended(&waiting, now) {
        sandboxes.admitted_since(now - Duration::from_secs(ADMISSION_WINDOW_S)).await?
    } else {
        0
    };
    let room = store.region().capacity().await?.as_ref().map(Room::of);
    let lines = Lines::new(waiting, running, room, now);
    let keep = QUEUE_CACHE.max(began.elapsed() * LOOK_SHARE);
    Ok(Seen { lines, admitted, until: Instant::now() + keep })
}

fn is_contended(waiting: &[Entry], now: Timestamp) -> bool {
    waiting.iter().any(|entry| now.since(entry.queued_at) >= QUEUE_EVIDENCE)
}

#[cfg(test)]
mod tests {
    use domain::resources::Resources;

    use super::*;

    #[test]
    fn who_is_admitted_at_once_is_no_queue() {
        let entry = Entry {
            sandbox: "bj-aaaaaaaaaaaaaaaa".parse().unwrap(),
            tenant: "school-1".parse().unwrap(),
            queued_at: Timestamp::from_ms(1000),
            machines: vec![Resources::default()],
            retry_at: None,
        };
        let contended = |now_ms| is_contended(std::slice::from_ref(&entry), Timestamp::from_ms(now_ms));
        assert!(!contended(1500));
        assert!(contended(3000));
    }
}
