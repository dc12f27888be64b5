//! A blob that can be read: complete, or still filling.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::digest::Digest;
use crate::source::Fault;

/// How a request met its content; the header `X-Mirror` and a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// It was complete here.
    Hit,
    /// Its fill was under way for somebody else.
    Join,
    /// It began the fill.
    Lead,
    /// It is older than its time to live, and the upstream does not answer.
    Stale,
}

/// How far a fill is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// So many bytes from the start may be read; never the last one, because nothing is verified yet.
    Filling(u64),
    /// All bytes, and they fit the digest.
    Sealed,
    /// It will never be complete; the bytes so far must not be trusted.
    Broken(Fault),
}

/// A blob in a reader's hands. The bytes stay readable as long as this lives, even if the blob is evicted.
#[derive(Debug)]
pub struct Blob {
    digest: Digest,
    size: u64,
    how: How,
    file: Arc<File>,
    progress: watch::Receiver<Progress>,
    _lease: Lease,
}

/// Keeps a blob from being evicted while it is read: dropped with the last clone.
pub type Lease = Arc<dyn std::any::Any + Send + Sync>;

/// Where a blob's bytes come from, for [`Blob::new`].
#[derive(Debug)]
pub struct Bytes {
    /// The file that holds, or comes to hold, the blob.
    pub file: Arc<File>,
    /// How far it is.
    pub progress: watch::Receiver<Progress>,
    /// Held while it is read.
    pub lease: Lease,
}

impl Blob {
    /// A blob of `size` bytes that a request met by `how`.
    #[must_use]
    pub fn new(digest: Digest, size: u64, how: How, bytes: Bytes) -> Self {
        Self { digest, size, how, file: bytes.file, progress: bytes.progress, _lease: bytes.lease }
    }

    /// Its digest.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Of the whole blob, in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// How this reader met it.
    #[must_use]
    pub const fn how(&self) -> How {
        self.how
    }

    /// Waits until the byte at `from` may be sent; returns the end (exclusive) of what may be sent now.
    ///
    /// # Errors
    /// The fault that broke the fill, for every byte that was not yet readable.
    pub async fn readable(&mut self, from: u64) -> Result<u64, Fault> {
        loop {
            let end = match &*self.progress.borrow_and_update() {
                Progress::Filling(end) => *end,
                Progress::Sealed => self.size,
                Progress::Broken(fault) => return Err(fault.clone()),
            };
            if end > from || from >= self.size {
                return Ok(end);
            }
            if self.progress.changed().await.is_err() {
                return Err(Fault::Local { reason: "the fill was given up".to_owned() });
            }
        }
    }

    /// The file, for a responder that lets the kernel copy. Only bytes below [`Blob::readable`] are valid.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Reads bytes that are readable, at any offset.
    ///
    /// # Errors
    /// The disk's.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}
