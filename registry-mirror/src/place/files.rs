//! A folder's files and the account of them, which its parts share.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::disk::Disk;
use super::layout::Layout;
use super::ledger::{Held, Ledger, Wrong};
use super::{Error, io_error};
use crate::digest::Digest;

/// The most that wrong bytes may take, in bytes; the oldest go first.
pub const QUARANTINE_MAX_BYTES: u64 = 512 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Files {
    pub(super) layout: Layout,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) _lock: File,
}

impl Files {
    /// Takes a file out of sight; its bytes are freed by [`Files::empty_trash`], outside of the lock, because
    /// that takes a while for a large file.
    pub(super) fn to_trash(&self, ledger: &mut Ledger, path: &Path) -> io::Result<u64> {
        let number = ledger.next_number();
        self.disk.rename(path, &self.layout.trashed(number))?;
        Ok(number)
    }

    pub(super) fn empty_trash(&self, number: u64) -> Result<(), Error> {
        self.disk.remove(&self.layout.trashed(number)).map_err(io_error("remove a file"))
    }

    /// Puts the wrong file at `path` aside and drops older ones beyond the bound.
    pub(super) fn set_aside(&self, digest: &Digest, path: &Path, size: u64) -> Result<(), Error> {
        let mut ledger = self.ledger.lock();
        let aside = self.layout.quarantined(digest, ledger.next_number());
        self.disk.rename(path, &aside).map_err(io_error("put wrong bytes aside"))?;
        ledger.wrong.push_back(Wrong { path: aside, size });
        while ledger.usage().quarantine_bytes > QUARANTINE_MAX_BYTES {
            let Some(oldest) = ledger.wrong.pop_front() else { break };
            self.disk.remove(&oldest.path).map_err(io_error("remove wrong bytes"))?;
        }
        Ok(())
    }

    pub(super) fn open_held(&self, ledger: &mut Ledger, digest: &Digest, size: u64) -> io::Result<Arc<Held>> {
        if let Some(held) = ledger.held(digest) {
            return Ok(held);
        }
        let file = File::open(self.layout.blob(digest))?;
        if file.metadata()?.len() != size {
            return Err(io::ErrorKind::InvalidData.into());
        }
        ledger.forget_unused();
        Ok(ledger.hold(digest, Arc::new(file)))
    }
}
