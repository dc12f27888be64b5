//! Blobs in a folder of this machine:
//!
//! ```text
//! blobs/<algorithm>/<2 hex>/<hex>        sealed
//! partial/<algorithm>-<hex>.<size>       on its way, or left over by a fill that ended early
//! quarantine/<algorithm>-<hex>.<n>       wrong bytes, at most a bounded sum of them
//! trash/<n>                              being removed
//! lock                                   held by the one process that may use the folder
//! ```
//!
//! After kill -9 every blob that was sealed is there, every part is continued from its last byte (and hashed
//! again before it counts), and nothing else takes space. After a power cut the same holds, but a part may
//! be shorter or hold wrong bytes; then its fill begins again from nothing. A blob that was being removed
//! may be back.

use std::fs::{File, TryLockError};
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::disk::{Disk, LocalDisk};
use super::files::Files;
use super::layout::Layout;
use super::ledger::{Ledger, Part};
use super::partial::FolderPartial;
use super::recovery::{Recovery, recover};
use super::{Entry, Error, Partial, Place, Removed, Sealed, Usage, io_error};
use crate::digest::Digest;

/// A folder of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Folder(pub(super) Arc<Files>);

impl Folder {
    /// Opens a folder, or makes one, and puts in order what an earlier process left.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process uses it; the disk's.
    pub fn open(root: &Path) -> Result<(Self, Recovery), Error> {
        Self::open_on(Arc::new(LocalDisk), root)
    }

    /// The same on another disk.
    ///
    /// # Errors
    /// The same.
    pub fn open_on(disk: Arc<dyn Disk>, root: &Path) -> Result<(Self, Recovery), Error> {
        let layout = Layout::new(root);
        std::fs::create_dir_all(root).map_err(io_error("make the folder"))?;
        let lock = lock(&layout, &*disk)?;
        for folder in layout.folders() {
            disk.create_folder(&folder).map_err(io_error("make a folder"))?;
        }
        disk.sync_folder(root).map_err(io_error("make folders durable"))?;
        let mut ledger = Ledger::default();
        let recovery = recover(&layout, &*disk, &mut ledger).map_err(io_error("read the folder"))?;
        let ledger = Mutex::new(ledger);
        Ok((Self(Arc::new(Files { layout, disk, ledger, _lock: lock })), recovery))
    }
}

fn lock(layout: &Layout, disk: &dyn Disk) -> Result<File, Error> {
    let file = disk.create(&layout.lock).map_err(io_error("make the lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { folder: layout.root.clone() }),
        Err(TryLockError::Error(error)) => Err(io_error("lock the folder")(error)),
    }
}

impl Place for Folder {
    fn size(&self, digest: &Digest) -> Option<u64> {
        self.0.ledger.lock().sealed.get(digest).copied()
    }

    fn open(&self, digest: &Digest) -> Result<Option<Sealed>, Error> {
        let mut ledger = self.0.ledger.lock();
        let Some(size) = ledger.sealed.get(digest).copied() else { return Ok(None) };
        match self.0.open_held(&mut ledger, digest, size) {
            Ok(held) => Ok(Some(Sealed { file: Arc::clone(&held.file), size, lease: held })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(blob.digest = %digest, "a blob's file is gone; somebody else removed it");
                ledger.take_sealed(digest);
                Ok(None)
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                tracing::warn!(blob.digest = %digest, "a blob's file has another length than it was sealed with");
                drop(ledger);
                self.quarantine(digest)?;
                Ok(None)
            }
            Err(error) => Err(io_error("open the blob")(error)),
        }
    }

    fn unfinished(&self, digest: &Digest) -> Option<u64> {
        let ledger = self.0.ledger.lock();
        ledger.parts.get(digest).filter(|part| !part.running).map(|part| part.size)
    }

    fn begin(&self, digest: &Digest, size: u64) -> Result<Box<dyn Partial>, Error> {
        let mut ledger = self.0.ledger.lock();
        match ledger.parts.get(digest) {
            Some(part) if part.running => return Err(Error::Filling),
            Some(part) if part.size != size => {
                let old = self.0.layout.part(digest, part.size);
                self.0.disk.remove(&old).map_err(io_error("remove a part"))?;
                ledger.parts.remove(digest);
            }
            _ => {}
        }
        let path = self.0.layout.part(digest, size);
        let file = Arc::new(self.0.disk.create(&path).map_err(io_error("make a part"))?);
        let written = file.metadata().map_err(io_error("look at a part"))?.len();
        let part = ledger.parts.entry(digest.clone());
        part.or_insert(Part { size, reserved: false, running: true, left: 0 }).running = true;
        let held = ledger.hold(digest, file);
        Ok(Box::new(FolderPartial::new(Arc::clone(&self.0), digest.clone(), size, held, written)))
    }

    fn remove(&self, digest: &Digest) -> Result<Removed, Error> {
        let mut ledger = self.0.ledger.lock();
        let Some(size) = ledger.sealed.get(digest).copied() else { return Ok(Removed::Absent) };
        if ledger.is_held(digest) {
            return Ok(Removed::InUse);
        }
        let number = match self.0.to_trash(&mut ledger, &self.0.layout.blob(digest)) {
            Ok(number) => number,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                ledger.take_sealed(digest);
                return Ok(Removed::Absent);
            }
            Err(error) => return Err(io_error("remove the blob")(error)),
        };
        ledger.take_sealed(digest);
        drop(ledger);
        self.0.empty_trash(number)?;
        Ok(Removed::Freed(size))
    }

    fn quarantine(&self, digest: &Digest) -> Result<(), Error> {
        let Some(size) = self.0.ledger.lock().take_sealed(digest) else { return Ok(()) };
        self.0.set_aside(digest, &self.0.layout.blob(digest), size)
    }

    fn drop_unfinished(&self, bytes: u64) -> u64 {
        let mut freed = 0;
        while freed < bytes {
            let mut ledger = self.0.ledger.lock();
            let Some((digest, size)) = ledger.oldest_left() else { break };
            let trashed = self.0.to_trash(&mut ledger, &self.0.layout.part(&digest, size));
            ledger.parts.remove(&digest);
            drop(ledger);
            let result =
                trashed.map_err(io_error("remove a part")).and_then(|number| self.0.empty_trash(number));
            match result {
                Ok(()) => freed += size,
                Err(error) => tracing::warn!(blob.digest = %digest, %error, "a part could not be removed"),
            }
        }
        freed
    }

    fn list(&self) -> Vec<Entry> {
        self.0.ledger.lock().list()
    }

    fn next_after(&self, from: Bound<&Digest>) -> Option<Digest> {
        let ledger = self.0.ledger.lock();
        ledger.sealed.range((from, Bound::Unbounded)).next().map(|(digest, _)| digest.clone())
    }

    fn usage(&self) -> Usage {
        self.0.ledger.lock().usage()
    }

    fn disk_free_bytes(&self) -> Result<u64, Error> {
        self.0.disk.free_bytes(&self.0.layout.root).map_err(io_error("ask how much space is left"))
    }
}
