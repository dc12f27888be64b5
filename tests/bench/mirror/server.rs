//! The servers that are compared, each as processes on an empty folder of their own.

mod nginx;
mod nora;
mod ours;
mod registry;

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tests::outside::{Program, until};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::usage;
use crate::machine::version_of;

const START_DEADLINE: Duration = Duration::from_secs(20);

/// Who serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Nora,
    Nginx,
    Registry,
}

/// All of them, in the order of a run.
pub(super) const SIDES: [Side; 4] = [Side::Ours, Side::Nora, Side::Nginx, Side::Registry];

impl Side {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Nora => "NORA",
            Self::Nginx => "nginx",
            Self::Registry => "docker-registry",
        }
    }

    fn command(self, listen: SocketAddr, upstream: &str, folder: &Path) -> anyhow::Result<Command> {
        match self {
            Self::Ours => ours::command(listen, upstream, folder),
            Self::Nora => nora::command(listen, upstream, folder),
            Self::Nginx => nginx::command(listen, upstream, folder),
            Self::Registry => registry::command(listen, upstream, folder),
        }
    }
}

/// What the peers say of themselves.
pub(super) fn versions() -> anyhow::Result<Vec<String>> {
    let nora = nora::program()?.display().to_string();
    Ok(vec![
        version_of(&nora, "--version"),
        format!("{} with proxy_cache and proxy_cache_lock", version_of("nginx", "-v")),
        format!("{} as a proxy", version_of("docker-registry", "--version")),
    ])
}

/// One of them, running.
#[derive(Debug)]
pub(super) struct Server {
    program: Program,
    address: SocketAddr,
    _folder: TempDir,
}

impl Server {
    pub(super) async fn start(side: Side, upstream: &str) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("qj-mirror-").tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = folder.path().join("log");
        let mut command = side.command(address, upstream, folder.path())?;
        command.current_dir(folder.path()).stderr(File::create(&log)?);
        let mut program = Program::start(command, false)?;
        until(side.name(), START_DEADLINE, async || {
            let is_running = program.is_running()?;
            anyhow::ensure!(is_running, "it ended: {}", std::fs::read_to_string(&log)?);
            Ok(TcpStream::connect(address).await.ok())
        })
        .await
        .with_context(|| format!("{} does not listen", side.name()))?;
        Ok(Self { program, address, _folder: folder })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn cpu_s(&self) -> anyhow::Result<f64> {
        usage::cpu_s(self.program.pid())
    }

    pub(super) fn peak_mb(&self) -> anyhow::Result<f64> {
        usage::peak_mb(self.program.pid())
    }

    /// Ends it; some peers call that a failure.
    pub(super) async fn stop(self) {
        let _whatever = self.program.stop().await;
    }
}
