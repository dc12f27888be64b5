//! The lock by which others know that this agent lives: the kernel drops it with the process, however it dies.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// The lock was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("another agent holds the lock {0}")]
    Held(PathBuf),
    #[error("cannot lock {0}: {1}")]
    Io(PathBuf, std::io::Error),
}

/// Held for as long as it lives; commands don't inherit it.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes an exclusive lock on `path`, creating the file.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| Error::Io(path.to_owned(), error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Held(path.to_owned())),
            Err(errno) => Err(Error::Io(path.to_owned(), errno.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_exclusive_and_freed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(Error::Held(_))));
        drop(held);
        Lock::take(&path).unwrap();
    }
}
