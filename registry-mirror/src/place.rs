//! Where bytes lie: sealed blobs by their digest, and partial ones on their way.
//!
//! [`Place`] is the one seam to storage; [`Folder`] is a directory of this machine. Sealed means: all bytes
//! are there, fit the digest, and survive a power cut. Nothing else is ever called sealed.
//!
//! Methods block unless they say "in memory"; callers run them off the async threads.

mod disk;
mod files;
mod folder;
mod layout;
mod ledger;
mod partial;
mod recovery;

#[cfg(any(test, feature = "testing"))]
pub mod crash;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;

pub use disk::{Disk, LocalDisk};
pub use files::QUARANTINE_MAX_BYTES;
pub use folder::Folder;
pub use recovery::Recovery;

use crate::blob::Lease;
use crate::digest::Digest;

/// Where blobs lie, each once however many repositories share it.
pub trait Place: Send + Sync + fmt::Debug + 'static {
    /// The size of a sealed blob in bytes, if there is one. In memory.
    fn size(&self, digest: &Digest) -> Option<u64>;

    /// Opens a sealed blob. While the lease lives it is not removed.
    ///
    /// # Errors
    /// The disk's.
    fn open(&self, digest: &Digest) -> Result<Option<Sealed>, Error>;

    /// The size of the whole blob of which an earlier fill left a part that can be continued. In memory.
    fn unfinished(&self, digest: &Digest) -> Option<u64>;

    /// Begins a blob of `size` bytes, or continues what an earlier fill left if that had the same size.
    ///
    /// # Errors
    /// [`Error::Filling`] while another holds it; the disk's.
    fn begin(&self, digest: &Digest, size: u64) -> Result<Box<dyn Partial>, Error>;

    /// Removes a sealed blob, unless somebody reads it.
    ///
    /// # Errors
    /// The disk's.
    fn remove(&self, digest: &Digest) -> Result<Removed, Error>;

    /// Takes a sealed blob that turned out wrong out of service at once and keeps it aside for a while.
    /// Those who read it already keep their bytes.
    ///
    /// # Errors
    /// The disk's.
    fn quarantine(&self, digest: &Digest) -> Result<(), Error>;

    /// Removes parts that nobody continues, oldest first, until `bytes` are freed; returns what was freed.
    fn drop_unfinished(&self, bytes: u64) -> u64;

    /// All sealed blobs, by digest. In memory.
    fn list(&self) -> Vec<Entry>;

    /// The first sealed blob of [`Place::list`] from this bound on. In memory.
    fn next_after(&self, from: Bound<&Digest>) -> Option<Digest>;

    /// What is taken. In memory.
    fn usage(&self) -> Usage;

    /// How many bytes the disk below still has for us, whatever our own budget says.
    ///
    /// # Errors
    /// The disk's.
    fn disk_free_bytes(&self) -> Result<u64, Error>;
}

/// A blob on its way into a place. Dropping it keeps what was written for a later fill.
pub trait Partial: Send + fmt::Debug {
    /// The file that grows.
    fn file(&self) -> Arc<File>;

    /// Held by every reader of the file.
    fn lease(&self) -> Lease;

    /// How many bytes are there, from the start.
    fn written(&self) -> u64;

    /// Takes the disk space for the whole blob, before the first byte. From here on it counts in the usage.
    ///
    /// # Errors
    /// [`Error::is_full`] when the disk has not enough.
    fn reserve(&mut self) -> Result<(), Error>;

    /// Writes the next bytes. After an error nothing of `bytes` counts, and the same call may be repeated.
    ///
    /// # Errors
    /// The disk's.
    fn append(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// Makes the blob durable and sealed. The caller has checked its digest.
    ///
    /// # Errors
    /// The disk's; the blob is then not sealed, and its bytes are gone.
    fn seal(self: Box<Self>) -> Result<(), Error>;

    /// Keeps wrong bytes aside for a while, for the operator to look at.
    ///
    /// # Errors
    /// The disk's.
    fn quarantine(self: Box<Self>) -> Result<(), Error>;

    /// Drops the bytes.
    fn discard(self: Box<Self>);
}

/// A sealed blob that can be read.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its bytes.
    pub file: Arc<File>,
    /// In bytes.
    pub size: u64,
    /// Held while it is read.
    pub lease: Lease,
}

/// A blob of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its digest.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    /// Whether somebody reads it now, so that it would not be removed.
    pub in_use: bool,
}

/// What became of a wish to remove a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// So many bytes are free again.
    Freed(u64),
    /// Somebody reads it.
    InUse,
    /// There is none.
    Absent,
}

/// What a place holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of sealed blobs.
    pub sealed_bytes: u64,
    /// Of parts, running or left over, each with the full size of its blob.
    pub partial_bytes: u64,
    /// Of wrong bytes kept aside.
    pub quarantine_bytes: u64,
    /// Of what is known of the blobs; a place does not know it and says 0.
    pub catalog_bytes: u64,
}

impl Usage {
    /// All of it.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.sealed_bytes + self.partial_bytes + self.quarantine_bytes + self.catalog_bytes
    }
}

/// Why a place cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two processes would corrupt each other's accounts.
    #[error("{} is in use by another mirror: give each one a folder of its own", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The blob's part is in other hands.
    #[error("the blob is being filled already")]
    Filling,
    /// It was there a moment ago.
    #[error("the blob was removed while it was asked for")]
    Vanished,
    /// A thread of ours ended in the midst of it.
    #[error("a thread that works on blobs was lost")]
    Lost,
    /// The disk's.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried, as in "cannot open the blob".
        action: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// Whether freeing space would help.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// Names what was tried.
fn io_error(action: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Io { action, source }
}
