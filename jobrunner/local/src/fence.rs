//! One file for each machine name of a sandbox, which outlives the machines: a lock, and what was made last.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use domain::provider::{ResourceId, Tags};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::folders::Folders;

/// What was made last under a sandbox's machine name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    pub(crate) incarnation: u64,
    pub(crate) id: ResourceId,
    /// It was deleted: a creation of the same incarnation comes too late.
    pub(crate) removed: bool,
}

/// The lock over everything that is done to a machine's folder, held as long as this value or a copy of its file.
#[derive(Debug)]
pub(crate) struct Fence {
    lock: File,
    path: PathBuf,
    last: PathBuf,
}

impl Fence {
    /// Waits for the lock.
    pub(crate) fn close(folders: &Folders, tags: &Tags) -> io::Result<Self> {
        let name = folders.fence(&tags.sandbox, &tags.machine);
        let (path, last) = (name.with_added_extension("lock"), name.with_added_extension("json"));
        Ok(Self { lock: files::lock(&path)?, path, last })
    }

    /// The lock file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn last(&self) -> io::Result<Option<Last>> {
        files::read_json(&self.last)
    }

    pub(crate) fn record(&self, last: &Last) -> io::Result<()> {
        files::write_json(&self.last, last)
    }

    /// Notes that a machine was deleted, before it is.
    pub(crate) fn note_removal(&self, id: &ResourceId) -> io::Result<()> {
        match self.last()? {
            Some(last) if &last.id == id => self.record(&Last { removed: true, ..last }),
            _ => Ok(()),
        }
    }

    /// A copy of the lock: it stays locked until this one is closed too.
    pub(crate) fn share(&self) -> io::Result<File> {
        self.lock.try_clone()
    }
}
