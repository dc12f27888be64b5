//! Reads sealed blobs again and takes those out of service whose bits have changed: the next pull fills them
//! anew.
//!
//! A blob is hashed once while it is filled and never on a hit, so this is what finds a disk that forgets.
//! It reads from the disk, not from the page cache, unless somebody reads the blob at the time.

mod check;
mod verify;

#[cfg(test)]
mod tests;

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::{BoxError, Next, Tick};

use check::{Check, Step};
pub use verify::{Report, Verified, verify};

use crate::digest::Digest;
use crate::place::Place;

/// How much one tick reads, in bytes.
const TICK_BYTES: u64 = 4 * 1024 * 1024;

/// The walk that never ends, at a low rate. What it remembers is only where it is; a restart begins anew.
#[derive(Debug)]
pub struct Scrub {
    place: Arc<dyn Place>,
    bytes_per_second: u64,
    walk: Mutex<Walk>,
}

#[derive(Debug, Default)]
struct Walk {
    /// The blob that is being read.
    check: Option<Check>,
    /// The last one that was read to its end.
    last: Option<Digest>,
}

impl Scrub {
    /// A walk over `place` that reads so much per second at most.
    #[must_use]
    pub fn new(place: Arc<dyn Place>, bytes_per_second: u64) -> Self {
        Self { place, bytes_per_second: bytes_per_second.max(1), walk: Mutex::default() }
    }

    fn pause(&self, bytes: u64) -> Duration {
        let milliseconds = bytes.saturating_mul(1000) / self.bytes_per_second;
        Duration::from_millis(milliseconds.max(1))
    }

    /// The blob that is under way, or the next one in order.
    fn take(&self) -> Option<Check> {
        let mut walk = self.walk.lock();
        if let Some(check) = walk.check.take() {
            return Some(check);
        }
        let from = walk.last.take().map_or(Bound::Unbounded, Bound::Excluded);
        self.place.next_after(from.as_ref()).map(|digest| Check::new(&digest))
    }
}

impl Tick for Scrub {
    fn name(&self) -> &'static str {
        "scrub"
    }

    /// Reads a piece of a blob. Idle after the last blob: the next round begins at the interval.
    async fn tick(&self) -> Result<Next, BoxError> {
        let Some(check) = self.take() else { return Ok(Next::Idle) };
        let digest = check.digest().clone();
        let step = check.step(&self.place, TICK_BYTES).await?;
        let read = step.bytes();
        let mut walk = self.walk.lock();
        match step {
            Step::More(check, _) => walk.check = Some(*check),
            Step::Good(_) | Step::Bad(_) | Step::Gone => walk.last = Some(digest),
        }
        Ok(Next::After(self.pause(read)))
    }
}
