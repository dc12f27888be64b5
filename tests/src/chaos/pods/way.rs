//! A way to the API server with somebody's rights, for those who bring no credentials: `kubectl proxy`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::outside::until;
use crate::processes::port;

const START_MAX: Duration = Duration::from_secs(10);

/// A way, as long as it lives.
#[derive(Debug)]
pub(super) struct Way {
    /// Where it begins.
    pub(super) address: SocketAddr,
    _kubectl: Child,
}

impl Way {
    /// Opens it with the rights that the test itself has: those of the cluster's administrator.
    ///
    /// # Errors
    /// When no port is free, or `kubectl proxy` does not start.
    pub(super) async fn of_the_administrator() -> anyhow::Result<Self> {
        Self::open(Command::new("kubectl")).await
    }

    /// Opens it with the rights of whom this configuration names.
    ///
    /// # Errors
    /// When no port is free, or `kubectl proxy` does not start.
    pub(super) async fn of(kubeconfig: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(kubeconfig);
        Self::open(command).await
    }

    async fn open(mut command: Command) -> anyhow::Result<Self> {
        let address = port()?;
        let port = format!("--port={}", address.port());
        command.args(["proxy", &port]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let kubectl = command.kill_on_drop(true).spawn().context("kubectl proxy")?;
        until("kubectl proxy listens", START_MAX, async || Ok(TcpStream::connect(address).await.ok()))
            .await?;
        Ok(Self { address, _kubectl: kubectl })
    }
}
