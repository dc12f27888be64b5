//! One file for each machine name of a sandbox, which outlives the machines: a lock, and what was made last.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use domain::provider::{ResourceId, Tags};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::folders::Folders;

/// How long a deleted machine is remembered, in seconds.
const KEPT_S: i64 = 7 * 24 * 3600;

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
        Self::of(&folders.fence(&tags.sandbox, &tags.machine))
    }

    /// Takes the lock of the machine that has this folder; none while somebody is at work on it, or when the folder
    /// is no machine's.
    pub(crate) fn try_close(machine: &Path, folders: &Folders) -> io::Result<Option<Self>> {
        let Some(name) = machine.file_stem() else { return Ok(None) };
        let (path, last) = Self::files(&folders.fences().join(name));
        Ok(files::try_lock(&path)?.map(|lock| Self { lock, path, last }))
    }

    fn of(name: &Path) -> io::Result<Self> {
        let (path, last) = Self::files(name);
        Ok(Self { lock: files::lock(&path)?, path, last })
    }

    fn files(name: &Path) -> (PathBuf, PathBuf) {
        (name.with_added_extension("lock"), name.with_added_extension("json"))
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

/// Forgets machines that were deleted so long ago that nobody can still be about to make them.
pub(crate) fn prune(folders: &Folders, now: Timestamp) -> io::Result<()> {
    let folder = folders.fences();
    for name in files::names(&folder)?.iter().filter_map(|name| name.strip_suffix(".json")) {
        let name = folder.join(name);
        let fence = Fence::of(&name)?;
        let changed_at = files::found(fs::metadata(&fence.last))?.map_or(0, |metadata| metadata.mtime());
        let is_old = now.seconds().saturating_sub(changed_at) > KEPT_S;
        if is_old && fence.last()?.is_none_or(|last| last.removed) {
            files::remove_file(&fence.last)?;
            files::remove_file(&fence.path)?;
        }
    }
    Ok(())
}
