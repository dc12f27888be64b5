//! A program of ours as a process that ends with its owner.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// A program that was told to stop and takes longer is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// What a program has left when its owner ends with an error.
const DROP_DEADLINE: Duration = Duration::from_secs(2);
const DROP_POLL: Duration = Duration::from_millis(10);

/// A running program.
#[derive(Debug)]
pub struct Program {
    child: Child,
    pid: u32,
}

/// Where this workspace's programs are: beside the one that runs.
///
/// # Errors
/// That one of them is not there.
pub fn programs(needed: &[&str]) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("no folder")?.to_owned();
    for name in needed {
        ensure!(folder.join(name).is_file(), "{name} is not beside {}: build it first", own.display());
    }
    Ok(folder)
}

impl Program {
    /// Starts it; its standard output is a pipe when `piped`.
    ///
    /// # Errors
    /// That it cannot be started.
    pub fn start(mut command: Command, piped: bool) -> anyhow::Result<Self> {
        let output = if piped { Stdio::piped() } else { Stdio::null() };
        let child = command.stdin(Stdio::null()).stdout(output).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("{:?}", command.as_std().get_program()))?;
        let pid = child.id().context("ended at once")?;
        Ok(Self { child, pid })
    }

    /// Its process id.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Its standard output, the first time.
    pub fn output(&mut self) -> Option<tokio::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// The system's.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Memory that is its own, and its share of what it shares, in KiB.
    ///
    /// # Errors
    /// The system's.
    pub fn pss_kib(&self) -> anyhow::Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }

    /// How many files it has open.
    ///
    /// # Errors
    /// The system's.
    pub fn open_files(&self) -> anyhow::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.pid))?.count())
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// That it did not within its time, or failed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(i32::try_from(self.pid)?), Signal::SIGTERM)?;
        let status =
            tokio::time::timeout(STOP_DEADLINE, self.child.wait()).await.context("it did not stop")??;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }

    /// Kills it.
    ///
    /// # Errors
    /// The system's.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// After an error it is asked to stop, so that it ends its own children, and then killed.
impl Drop for Program {
    fn drop(&mut self) {
        let begun = Instant::now();
        let pid = i32::try_from(self.pid).map(Pid::from_raw);
        let mut is_asked = false;
        while let (Ok(None), Ok(pid)) = (self.child.try_wait(), pid) {
            if !is_asked {
                // It may end in this moment.
                let _ = kill(pid, Signal::SIGTERM);
                is_asked = true;
            }
            if begun.elapsed() > DROP_DEADLINE {
                return;
            }
            std::thread::sleep(DROP_POLL);
        }
    }
}
