//! Writes a blob's bytes and hashes them on the way; the only place where content is judged. Blocks.

use std::collections::VecDeque;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;

use crate::blob::Progress;
use crate::digest::{Digest, Hasher};
use crate::place::{self, Partial};

/// How much of a part is hashed again at a time, in bytes.
const REHASH_BYTES: usize = 256 * 1024;

/// Readers are woken for so many bytes, or after so long: waking a hundred of them for each packet would cost
/// more than the copying.
const PUBLISH_BYTES: u64 = 1024 * 1024;
pub(super) const PUBLISH_AFTER: Duration = Duration::from_millis(4);

/// A part, how far it is, and the hash of what it has.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) partial: Box<dyn Partial>,
    pub(super) size: u64,
    digest: Digest,
    hasher: Hasher,
    progress: watch::Sender<Progress>,
    /// How much readers know of, and since when.
    published: u64,
    published_at: Option<Instant>,
}

impl Writer {
    pub(super) fn new(partial: Box<dyn Partial>, digest: Digest, size: u64) -> Self {
        let hasher = Hasher::new(digest.algorithm());
        let published = partial.written();
        let progress = watch::Sender::new(Progress::Filling(readable(published, size)));
        Self { partial, size, digest, hasher, progress, published, published_at: None }
    }

    pub(super) fn written(&self) -> u64 {
        self.partial.written()
    }

    /// The other end of [`Writer::progress`], which outlives the writer.
    pub(super) fn publisher(&self) -> watch::Sender<Progress> {
        self.progress.clone()
    }

    pub(super) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Tells all readers that everything is there and right.
    pub(super) fn publish_sealed(&self) {
        self.progress.send_replace(Progress::Sealed);
    }

    /// Whether there are bytes that readers do not know of.
    pub(super) fn has_unpublished(&self) -> bool {
        self.published < self.written()
    }

    /// Tells all readers how far it is.
    pub(super) fn publish(&mut self) {
        self.published = self.written();
        self.published_at = Some(Instant::now());
        self.progress.send_replace(Progress::Filling(readable(self.published, self.size)));
    }

    fn publish_if_due(&mut self) {
        let many = self.written() - self.published >= PUBLISH_BYTES;
        if many || self.published_at.is_none_or(|at| at.elapsed() >= PUBLISH_AFTER) {
            self.publish();
        }
    }

    /// Takes what an earlier fill wrote into the hash.
    pub(super) fn rehash(&mut self) -> io::Result<()> {
        let (file, end) = (self.partial.file(), self.written());
        let mut buffer = vec![0; REHASH_BYTES];
        let mut at = 0;
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
            file.read_exact_at(&mut buffer[..wanted], at)?;
            self.hasher.update(&buffer[..wanted]);
            at += wanted as u64;
        }
        Ok(())
    }

    /// Writes from the front of `pending` what fits; after an error the rest is still there. Readers may go
    /// on before the hash does.
    pub(super) fn append(&mut self, pending: &mut VecDeque<Bytes>) -> Result<(), place::Error> {
        while let Some(bytes) = pending.front() {
            self.partial.append(bytes)?;
            self.publish_if_due();
            self.hasher.update(bytes);
            pending.pop_front();
        }
        Ok(())
    }

    /// Whether all that was written fits the digest.
    pub(super) fn fits(&self) -> bool {
        self.written() == self.size && self.hasher.clone().finish() == self.digest
    }
}

/// The last byte is held back until the digest fits, so no client ever completes wrong content.
const fn readable(written: u64, size: u64) -> u64 {
    let held_back = size.saturating_sub(1);
    if written < held_back { written } else { held_back }
}
