//! A part of a blob in a folder, in the hands of its fill.

use std::fs::File;
use std::sync::Arc;

use super::files::Files;
use super::ledger::Held;
use super::{Error, Partial, io_error};
use crate::blob::Lease;
use crate::digest::Digest;

#[derive(Debug)]
pub(super) struct FolderPartial {
    folder: Arc<Files>,
    digest: Digest,
    size: u64,
    held: Arc<Held>,
    written: u64,
    /// Whether its file is no longer a part, so that dropping this leaves nothing.
    ended: bool,
}

impl FolderPartial {
    pub(super) const fn new(
        folder: Arc<Files>,
        digest: Digest,
        size: u64,
        held: Arc<Held>,
        written: u64,
    ) -> Self {
        Self { folder, digest, size, held, written, ended: false }
    }

    fn try_seal(&self) -> Result<(), Error> {
        let Files { layout, disk, .. } = &*self.folder;
        let shelf = layout.shelf(&self.digest);
        disk.sync(&self.held.file).map_err(io_error("make the blob durable"))?;
        if disk.create_folder(&shelf).map_err(io_error("make a folder"))? {
            let above = layout.algorithm(self.digest.algorithm());
            disk.sync_folder(&above).map_err(io_error("make a folder durable"))?;
        }
        let part = layout.part(&self.digest, self.size);
        disk.rename(&part, &layout.blob(&self.digest)).map_err(io_error("name the blob"))?;
        disk.sync_folder(&shelf).map_err(io_error("make the blob's name durable"))
    }

    fn remove_files(&self) {
        let Files { layout, disk, .. } = &*self.folder;
        for path in [layout.part(&self.digest, self.size), layout.blob(&self.digest)] {
            if path.exists()
                && let Err(error) = disk.remove(&path)
            {
                tracing::warn!(blob.digest = %self.digest, %error, "a part could not be removed");
            }
        }
    }

    fn count(&self, reserved: bool) {
        if let Some(part) = self.folder.ledger.lock().parts.get_mut(&self.digest) {
            part.reserved = reserved;
        }
    }

    /// Drops the part's entry: its file has another place now.
    fn end(&mut self) {
        self.ended = true;
        self.folder.ledger.lock().parts.remove(&self.digest);
    }
}

impl Partial for FolderPartial {
    fn file(&self) -> Arc<File> {
        Arc::clone(&self.held.file)
    }

    fn lease(&self) -> Lease {
        Arc::clone(&self.held) as Lease
    }

    fn written(&self) -> u64 {
        self.written
    }

    fn reserve(&mut self) -> Result<(), Error> {
        self.count(true);
        if self.size == 0 {
            return Ok(());
        }
        let result = self.folder.disk.allocate(&self.held.file, self.size);
        if result.is_err() && self.written == 0 {
            self.count(false);
        }
        result.map_err(io_error("take space for the blob"))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.folder
            .disk
            .write_at(&self.held.file, bytes, self.written)
            .map_err(io_error("write the blob"))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn seal(mut self: Box<Self>) -> Result<(), Error> {
        let result = self.try_seal();
        if result.is_ok() {
            self.ended = true;
            let mut ledger = self.folder.ledger.lock();
            ledger.parts.remove(&self.digest);
            ledger.add_sealed(self.digest.clone(), self.size);
        } else {
            self.remove_files();
            self.end();
        }
        result
    }

    fn quarantine(mut self: Box<Self>) -> Result<(), Error> {
        if self.written == 0 {
            self.discard();
            return Ok(());
        }
        let part = self.folder.layout.part(&self.digest, self.size);
        let result = self.folder.set_aside(&self.digest, &part, self.written);
        if result.is_err() {
            self.remove_files();
        }
        self.end();
        result
    }

    fn discard(mut self: Box<Self>) {
        self.remove_files();
        self.end();
    }
}

impl Drop for FolderPartial {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if self.written == 0 {
            self.remove_files();
            return self.end();
        }
        let mut ledger = self.folder.ledger.lock();
        let left = ledger.next_number();
        if let Some(part) = ledger.parts.get_mut(&self.digest) {
            part.running = false;
            part.left = left;
        }
    }
}
