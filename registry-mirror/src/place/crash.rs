//! A disk for tests that dies at a chosen step, forgets like a power cut, or is full.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::disk::{Disk, LocalDisk};

/// When a [`CrashDisk`] fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// After so many changes everything fails, as if the process were dead.
    pub dies_after: Option<u64>,
    /// The most bytes that files may hold together; a write beyond them finds the disk full.
    pub capacity_bytes: Option<u64>,
    /// Whether taking space ahead finds the disk full too, as on a file system that can.
    pub allocates: bool,
}

impl Plan {
    /// Dies after so many changes.
    #[must_use]
    pub fn dies_after(steps: u64) -> Self {
        Self { dies_after: Some(steps), ..Self::default() }
    }

    /// Is full after so many bytes, and only a write finds out.
    #[must_use]
    pub fn full_after(bytes: u64) -> Self {
        Self { capacity_bytes: Some(bytes), ..Self::default() }
    }
}

/// A real disk that can be made to fail.
#[derive(Debug)]
pub struct CrashDisk {
    plan: Plan,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    steps: u64,
    /// By inode: bytes written, and how many of them are durable.
    files: HashMap<u64, (u64, u64)>,
    /// Renames that no folder sync has made durable: folder, from, to.
    renames: Vec<(PathBuf, PathBuf, PathBuf)>,
}

impl CrashDisk {
    /// A disk that fails by `plan`.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { plan, state: Mutex::default() }
    }

    /// Whether it has died.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.plan.dies_after.is_some_and(|last| self.state.lock().steps > last)
    }

    /// How many changes were made or tried.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state.lock().steps
    }

    /// Does to the files below `folder` what a power cut does: of what was not made durable, some bytes become
    /// zeros or are gone, and some names are the old ones. `choose` brings random numbers for that.
    ///
    /// # Errors
    /// The real disk's.
    pub fn cut_power(&self, folder: &Path, mut choose: impl FnMut() -> u64) -> io::Result<()> {
        let state = self.state.lock();
        for (_, from, to) in state.renames.iter().rev() {
            if choose().is_multiple_of(2) && to.exists() {
                std::fs::rename(to, from)?;
            }
        }
        for path in files_below(folder)? {
            let meta = std::fs::metadata(&path)?;
            let Some((written, durable)) = state.files.get(&meta.ino()) else { continue };
            let lost = written.saturating_sub(*durable).min(meta.len());
            if lost == 0 {
                continue;
            }
            let file = File::options().write(true).open(&path)?;
            let left = durable + choose() % (lost + 1);
            let length = if choose().is_multiple_of(2) { meta.len() } else { left };
            file.set_len(left.min(meta.len()))?;
            file.set_len(length)?;
        }
        Ok(())
    }

    /// Whether the file may have so many bytes beside the others.
    fn fits(&self, state: &State, inode: u64, bytes: u64) -> io::Result<()> {
        let others: u64 = state.files.iter().filter(|(other, _)| **other != inode).map(|(_, it)| it.0).sum();
        match self.plan.capacity_bytes {
            Some(capacity) if others + bytes > capacity => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn step(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        state.steps += 1;
        match self.plan.dies_after {
            Some(last) if state.steps > last => Err(io::Error::other("the process is dead")),
            _ => Ok(()),
        }
    }
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files_below(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    Ok(found)
}

impl Disk for CrashDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.step()?;
        LocalDisk.create(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<bool> {
        self.step()?;
        LocalDisk.create_folder(path)
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        self.step()?;
        if self.plan.allocates {
            self.fits(&self.state.lock(), file.metadata()?.ino(), bytes)
        } else {
            Ok(())
        }
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.step()?;
        let (inode, end) = (file.metadata()?.ino(), offset + bytes.len() as u64);
        let mut state = self.state.lock();
        self.fits(&state, inode, end)?;
        let entry = state.files.entry(inode).or_default();
        entry.0 = entry.0.max(end);
        LocalDisk.write_at(file, bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.step()?;
        if let Some(entry) = self.state.lock().files.get_mut(&file.metadata()?.ino()) {
            entry.1 = entry.0;
        }
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.state.lock().renames.retain(|(folder, _, _)| folder != path);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        LocalDisk.rename(from, to)?;
        let folder = to.parent().unwrap_or(to).to_owned();
        self.state.lock().renames.push((folder, from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let inode = std::fs::metadata(path)?.ino();
        self.state.lock().files.remove(&inode);
        LocalDisk.remove(path)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        LocalDisk.free_bytes(path)
    }
}
