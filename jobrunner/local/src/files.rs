//! Small file operations that survive a crash at any point.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a file so that a reader finds the old content, the new, or none: never a half.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// The content of a file; none when it does not exist.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match found(fs::read(path))? {
        Some(bytes) if !bytes.is_empty() => Ok(Some(serde_json::from_slice(&bytes)?)),
        _ => Ok(None),
    }
}

/// A missing file as none.
pub(crate) fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a folder that others may pass through but not list, unless it is there.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Err(_) => Ok(()),
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(0o711)),
    }
}

/// The names in a folder; none when it does not exist.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let Some(entries) = found(fs::read_dir(folder))? else { return Ok(Vec::new()) };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Removes a file, if it is there.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    found(fs::remove_file(path)).map(drop)
}

/// Removes a folder with everything in it, if it is there, also what its owner has closed to himself.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    match found(fs::remove_dir_all(path)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            open_folders(path)?;
            found(fs::remove_dir_all(path)).map(drop)
        }
        other => other.map(drop),
    }
}

fn open_folders(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    fs::read_dir(path)?.try_for_each(|entry| open_folders(&entry?.path()))
}

/// Makes a file, or a folder and everything in it, belong to a user.
pub(crate) fn give(path: &Path, uid: u32) -> io::Result<()> {
    lchown(path, Some(uid), Some(uid))?;
    if fs::symlink_metadata(path)?.is_dir() {
        fs::read_dir(path)?.try_for_each(|entry| give(&entry?.path(), uid))?;
    }
    Ok(())
}

/// Opens a lock file and waits for its exclusive lock, which lasts until every copy of the file is closed.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        if is_still(path, &file)? {
            return Ok(file);
        }
    }
}

/// Opens a lock file and takes its exclusive lock; none while somebody else has it.
pub(crate) fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(is_still(path, &file)?.then_some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the path still names the file: one that was removed meanwhile is a lock of nobody.
fn is_still(path: &Path, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let named = found(fs::metadata(path))?;
    let opened = file.metadata()?;
    Ok(named.is_some_and(|named| named.ino() == opened.ino() && named.dev() == opened.dev()))
}

/// Whether somebody holds the lock of a file. Must not be asked while its holder may be taking it just now.
pub(crate) fn is_locked(path: &Path) -> io::Result<bool> {
    let Some(file) = found(File::open(path))? else { return Ok(false) };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
