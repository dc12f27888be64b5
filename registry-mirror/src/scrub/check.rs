//! One blob, piece by piece.

use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::fs::{Advice, fadvise};

use crate::digest::{Digest, Hasher};
use crate::place::{Error, Place, Sealed};

/// How much is read at a time, in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// A blob that is being read again. It holds nothing of the blob between two steps, so an eviction goes on.
#[derive(Debug)]
pub(super) struct Check {
    digest: Digest,
    hasher: Hasher,
    at: u64,
}

/// What a step found, and how many bytes it read.
#[derive(Debug)]
pub(super) enum Step {
    More(Box<Check>, u64),
    Good(u64),
    /// It was wrong and is out of service.
    Bad(u64),
    /// It is not there any more.
    Gone,
}

impl Step {
    pub(super) const fn bytes(&self) -> u64 {
        match self {
            Self::More(_, bytes) | Self::Good(bytes) | Self::Bad(bytes) => *bytes,
            Self::Gone => 0,
        }
    }
}

impl Check {
    pub(super) fn new(digest: &Digest) -> Self {
        Self { digest: digest.clone(), hasher: Hasher::new(digest.algorithm()), at: 0 }
    }

    pub(super) const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Reads the next `bytes` at most, off the async threads.
    pub(super) async fn step(self, place: &Arc<dyn Place>, bytes: u64) -> Result<Step, Error> {
        let place = Arc::clone(place);
        let step = tokio::task::spawn_blocking(move || self.step_now(&*place, bytes)).await;
        step.unwrap_or(Err(Error::Lost))
    }

    fn step_now(mut self, place: &dyn Place, bytes: u64) -> Result<Step, Error> {
        let Some(sealed) = place.open(&self.digest)? else { return Ok(Step::Gone) };
        let end = sealed.size.min(self.at.saturating_add(bytes));
        let read = end.saturating_sub(self.at);
        let readable = self.read_to(&sealed, end);
        let whole = readable && end == sealed.size;
        if readable && !whole {
            return Ok(Step::More(Box::new(self), read));
        }
        if whole && self.hasher.finish() == self.digest {
            return Ok(Step::Good(read));
        }
        tracing::error!(blob.digest = %self.digest, readable, "a blob has changed on the disk: out of service");
        drop(sealed);
        place.quarantine(&self.digest)?;
        Ok(Step::Bad(read))
    }

    /// Whether all bytes up to `end` could be read; a disk error counts as a change.
    fn read_to(&mut self, sealed: &Sealed, end: u64) -> bool {
        let alone = Arc::strong_count(&sealed.lease) == 1;
        forget(alone, sealed, self.at, end);
        let mut buffer = vec![0; BUFFER_BYTES];
        while self.at < end {
            let wanted = usize::try_from(end - self.at).unwrap_or(usize::MAX).min(buffer.len());
            if sealed.file.read_exact_at(&mut buffer[..wanted], self.at).is_err() {
                return false;
            }
            self.hasher.update(&buffer[..wanted]);
            self.at += wanted as u64;
        }
        true
    }
}

/// Makes the kernel read from the disk again. Without that a flipped bit hides behind the page cache.
fn forget(alone: bool, sealed: &Sealed, from: u64, end: u64) {
    if alone && let Some(length) = NonZeroU64::new(end.saturating_sub(from)) {
        // Only advice: where it is not taken, the cache is checked instead.
        let _taken = fadvise(&sealed.file, from, Some(length), Advice::DontNeed);
    }
}
