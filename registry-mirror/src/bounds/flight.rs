//! Admission by bytes in flight: few fills that end soon are worth more to a class than many that crawl.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Limits;

/// The longest that a fill should wait for its turn: containerd gives up a pull without progress after
/// 5 minutes.
pub const TURN_WITHIN: Duration = Duration::from_secs(120);

/// What is under way. Turns are given in the order of asking.
#[derive(Debug)]
pub struct Flight {
    limits: Limits,
    load: Mutex<Load>,
    /// Whoever holds it is next; tokio's mutex is fair.
    turnstile: tokio::sync::Mutex<()>,
    landed: Notify,
}

/// The sum over all running fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Bytes that are still missing.
    pub bytes: u64,
    /// How many run.
    pub fills: usize,
}

impl Flight {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            load: Mutex::default(),
            turnstile: tokio::sync::Mutex::default(),
            landed: Notify::new(),
        }
    }

    /// What is under way now.
    #[must_use]
    pub fn load(&self) -> Load {
        *self.load.lock()
    }

    /// Whether a fill of unknown size would begin at once.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.turnstile.try_lock().is_ok() && self.fits(self.load(), 1)
    }

    /// Waits for the turn of a fill with `bytes` to go. After `within` it runs beside the others.
    pub async fn enter(self: &Arc<Self>, bytes: u64, within: Duration) -> Share {
        if let Ok(share) = timeout(within, self.turn(bytes)).await {
            return share;
        }
        tracing::debug!(fill.bytes = bytes, "a fill begins beside more than the bound, before nodes give up");
        self.take(bytes)
    }

    async fn turn(self: &Arc<Self>, bytes: u64) -> Share {
        let _turn = self.turnstile.lock().await;
        loop {
            let landed = self.landed.notified();
            if self.fits(self.load(), bytes) {
                return self.take(bytes);
            }
            landed.await;
        }
    }

    /// One fill always fits, however large.
    const fn fits(&self, load: Load, bytes: u64) -> bool {
        load.fills == 0
            || (load.fills < self.limits.flight_max_fills
                && load.bytes.saturating_add(bytes) <= self.limits.flight_max_bytes)
    }

    fn take(self: &Arc<Self>, bytes: u64) -> Share {
        let mut load = self.load.lock();
        load.bytes += bytes;
        load.fills += 1;
        Share { flight: Arc::clone(self), remaining: bytes }
    }
}

/// A running fill's part of the flight; gives it back when dropped.
#[derive(Debug)]
pub struct Share {
    flight: Arc<Flight>,
    remaining: u64,
}

impl Share {
    /// So many bytes are still missing.
    pub fn landed_up_to(&mut self, missing: u64) {
        let landed = self.remaining.saturating_sub(missing);
        self.remaining -= landed;
        self.flight.load.lock().bytes -= landed;
        self.flight.landed.notify_one();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut load = self.flight.load.lock();
        load.bytes -= self.remaining;
        load.fills -= 1;
        self.flight.landed.notify_one();
    }
}
