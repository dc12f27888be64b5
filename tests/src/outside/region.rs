//! `region up` on a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use http::HeaderMap;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::connection::Connection;
use super::deadline::until;
use super::platform::Platform;
use super::program::{Program, programs};

const START_DEADLINE: Duration = Duration::from_secs(60);
const GONE_DEADLINE: Duration = Duration::from_secs(60);

/// How a region is to be.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Configuration fields, `section.field=value`.
    pub fields: Vec<String>,
    /// Where its log goes; to this program's standard error when it is not given.
    pub log: Option<PathBuf>,
}

/// A region that runs.
#[derive(Debug)]
pub struct Region {
    program: Program,
    up: Up,
    key: String,
    began: Instant,
}

/// What `region up --json` says.
#[derive(Debug, Deserialize)]
struct Up {
    api_url: String,
    proxy_port: u16,
    key_file: PathBuf,
}

impl Region {
    /// An empty state folder. Its name is short, because sockets lie below it.
    ///
    /// # Errors
    /// The system's.
    pub fn folder() -> anyhow::Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("qj-").tempdir()?)
    }

    /// Starts it and waits until it says that it can be used.
    ///
    /// # Errors
    /// That it ended or did not say so in time.
    pub async fn up(state: &Path, setup: &Setup) -> anyhow::Result<Self> {
        let mut command = Command::new(programs(&["region"])?.join("region"));
        command.arg("--state").arg(state).args(["--json", "up", "--api-port", "0", "--proxy-port", "0"]);
        for field in &setup.fields {
            command.args(["--set", field]);
        }
        if let Some(log) = &setup.log {
            command.stderr(std::fs::File::options().create(true).append(true).open(log)?);
        }
        let began = Instant::now();
        let mut program = Program::start(command, true)?;
        let up =
            tokio::time::timeout(START_DEADLINE, said(&mut program)).await.context("region up is late")??;
        let key = std::fs::read_to_string(&up.key_file)?.trim().to_owned();
        Ok(Self { program, up, key, began })
    }

    /// Its process.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Its process, to be asked.
    pub const fn program_mut(&mut self) -> &mut Program {
        &mut self.program
    }

    /// When its process was started.
    #[must_use]
    pub const fn began(&self) -> Instant {
        self.began
    }

    /// A connection to its API with the platform's key.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn platform(&self) -> anyhow::Result<Platform> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", self.key).parse()?);
        Ok(Platform::new(Connection::open(self.api()?, "localhost", headers).await?))
    }

    /// Where its API listens.
    ///
    /// # Errors
    /// That what it said makes no sense.
    pub fn api(&self) -> anyhow::Result<SocketAddr> {
        let port = self.up.api_url.rsplit(':').next().unwrap_or_default().parse()?;
        Ok(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    /// Where students come in.
    #[must_use]
    pub fn proxy(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.up.proxy_port))
    }

    /// Deletes every sandbox, waits until they are gone, and stops it.
    ///
    /// # Errors
    /// That one of these took too long.
    pub async fn close(self) -> anyhow::Result<()> {
        let mut platform = self.platform().await?;
        platform.delete_all().await?;
        let begun = Instant::now();
        while !platform.list().await?.is_empty() {
            anyhow::ensure!(begun.elapsed() < GONE_DEADLINE, "sandboxes are not gone in time");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.program.stop().await
    }

    /// Stops it; its sandboxes go on.
    ///
    /// # Errors
    /// As [`Program::stop`].
    pub async fn stop(self) -> anyhow::Result<()> {
        self.program.stop().await
    }

    /// Ends what machines of a state folder are left, after an error.
    ///
    /// # Errors
    /// That one does not end.
    pub async fn end_machines(state: &Path) -> anyhow::Result<()> {
        until("every machine has ended", GONE_DEADLINE, async || {
            let left = Self::processes(state)?;
            for pid in &left {
                // It may have ended by itself in between.
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            }
            Ok(left.is_empty().then_some(()))
        })
        .await
    }

    /// The processes whose command line names this state folder.
    ///
    /// # Errors
    /// The system's.
    pub fn processes(state: &Path) -> anyhow::Result<Vec<i32>> {
        let name = state.to_str().context("the folder's name is not UTF-8")?;
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&line).contains(name) {
                found.push(pid);
            }
        }
        Ok(found)
    }
}

async fn said(program: &mut Program) -> anyhow::Result<Up> {
    let mut lines = BufReader::new(program.output().context("no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with('{') {
            return Ok(serde_json::from_str(&line)?);
        }
    }
    bail!("region up ended before it could be used")
}
