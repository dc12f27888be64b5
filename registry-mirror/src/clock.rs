//! Moments for everything here that decides.
//!
//! The mirror imports no crate with the business's clock, and needs one thing of it: wall-clock
//! milliseconds that survive a restart, because times to live and pins do.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
pub type Milliseconds = u64;

/// Where "now" comes from.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// Milliseconds since the Unix epoch; may jump either way.
    fn now_ms(&self) -> Milliseconds;
}

/// A clock that several parts share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the mirror reads the clock")]
    fn now_ms(&self) -> Milliseconds {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock that moves only when it is told to.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug, Default)]
pub struct ManualClock(std::sync::atomic::AtomicU64);

#[cfg(any(test, feature = "testing"))]
impl ManualClock {
    /// Sets the moment.
    pub fn set_ms(&self, now_ms: Milliseconds) {
        self.0.store(now_ms, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(any(test, feature = "testing"))]
impl Clock for ManualClock {
    fn now_ms(&self) -> Milliseconds {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}
