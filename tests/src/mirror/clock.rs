//! A clock of a test's own for a mirror's process: it may be put forward and back while the process runs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio::process::Command;

/// Runs a program that has the library, and shared memory of its own: the library leaves some behind.
const WITH_THE_LIBRARY: &str =
    "mount -t tmpfs tmpfs /dev/shm && export LD_PRELOAD=\"$1\" && shift && exec \"$@\"";

/// A wall clock that goes wrong. Clocks that only count on are the machine's.
#[derive(Debug)]
pub struct ShiftedClock {
    library: PathBuf,
    folder: TempDir,
}

impl ShiftedClock {
    /// A clock that is right so far. Fetches the library that does it the first time.
    ///
    /// # Errors
    /// When the library cannot be had.
    pub async fn new() -> anyhow::Result<Self> {
        let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR").context("run this test by cargo")?;
        let script = Path::new(&crate_folder).join("mirror/clock");
        let output = Command::new(&script).stdin(Stdio::null()).kill_on_drop(true).output().await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} failed: {errors}", script.display());
        let library = PathBuf::from(String::from_utf8(output.stdout)?.trim());
        ensure!(library.is_file(), "{} names no library", script.display());
        let clock = Self { library, folder: tempfile::Builder::new().prefix("qjm-").tempdir()? };
        clock.shift(0)?;
        Ok(clock)
    }

    /// From now on the clock is so many seconds before the right time, or after it when there are less than none.
    ///
    /// # Errors
    /// The disk's.
    pub fn shift(&self, seconds: i64) -> anyhow::Result<()> {
        let next = self.folder.path().join("next");
        std::fs::write(&next, format!("{seconds:+}\n"))?;
        // The process may look at any moment, and must never find half of it.
        Ok(std::fs::rename(next, self.file())?)
    }

    /// The program that comes next in the command has this clock. Needs root.
    pub(super) fn wear(&self, command: &mut Command) {
        command.args(["unshare", "--mount", "sh", "-c", WITH_THE_LIBRARY, "sh"]).arg(&self.library);
        command.env("FAKETIME_TIMESTAMP_FILE", self.file()).env("FAKETIME_NO_CACHE", "1");
        // The one of the two that the library's version knows.
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }
}
