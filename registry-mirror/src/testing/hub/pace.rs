//! A bandwidth that all connections share.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

/// How much may be sent ahead after a pause.
const BURST: Duration = Duration::from_millis(20);

/// A token bucket.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Option<Bucket>>);

#[derive(Debug)]
struct Bucket {
    bytes_per_s: u64,
    /// When all that was granted has been sent.
    free_at: Instant,
}

impl Pace {
    pub(super) fn set(&self, bytes_per_s: Option<u64>) {
        let bucket = |bytes_per_s: u64| Bucket { bytes_per_s: bytes_per_s.max(1), free_at: Instant::now() };
        *self.0.lock() = bytes_per_s.map(bucket);
    }

    /// Waits until so many bytes may be sent.
    pub(super) async fn take(&self, bytes: usize) {
        let at = self.0.lock().as_mut().map(|bucket| bucket.take(bytes));
        if let Some(at) = at {
            sleep_until(at).await;
        }
    }
}

impl Bucket {
    fn take(&mut self, bytes: usize) -> Instant {
        let now = Instant::now();
        let start = self.free_at.max(now.checked_sub(BURST).unwrap_or(now));
        self.free_at = start + Duration::from_secs_f64(bytes as f64 / self.bytes_per_s as f64);
        self.free_at
    }
}
