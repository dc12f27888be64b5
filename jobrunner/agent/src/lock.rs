//! The lock by which others know that this agent lives: the kernel drops it with the process, however it dies.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_millis(500);
const RETRY_EVERY: Duration = Duration::from_millis(20);

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
    /// Takes an exclusive lock on `path`, creating the file. It is tried for a moment: who only looks whether an agent
    /// lives holds the lock while looking.
    pub(crate) async fn take(path: &Path) -> Result<Self, Error> {
        let patience = Instant::now() + PATIENCE;
        loop {
            match Self::try_take(path) {
                Err(Error::Held(_)) if Instant::now() < patience => sleep(RETRY_EVERY).await,
                result => return result,
            }
        }
    }

    fn try_take(path: &Path) -> Result<Self, Error> {
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

    #[tokio::test]
    async fn is_exclusive_and_freed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path).await.unwrap();
        assert!(matches!(Lock::take(&path).await, Err(Error::Held(_))));
        let (again, ()) = tokio::join!(Lock::take(&path), async { drop(held) });
        again.unwrap();
    }
}
