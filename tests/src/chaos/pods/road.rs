//! The only way of the region to the API server, on which faults are made.
//!
//! Behind it `kubectl proxy` speaks to the API server with the rights of the cluster's administrator.

mod server;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

pub(super) use server::Moment;
use server::Traffic;

use super::weather::Weather;
use crate::chaos::op::Dice;
use crate::processes::port;

const KUBECONFIG: &str = "kubeconfig";
const START_MAX: Duration = Duration::from_secs(10);

/// A road.
#[derive(Debug)]
pub(super) struct Road {
    traffic: Arc<Traffic>,
    folder: TempDir,
    behind: SocketAddr,
    _kubectl: Child,
    _server: JoinSet<()>,
}

impl Road {
    /// Opens it, in fair weather.
    ///
    /// # Errors
    /// When no port is free, or `kubectl proxy` does not start.
    pub(super) async fn open(seed: u64) -> anyhow::Result<Self> {
        let behind = port()?;
        let port = format!("--port={}", behind.port());
        let mut command = Command::new("kubectl");
        command.args(["proxy", &port]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let kubectl = command.kill_on_drop(true).spawn().context("kubectl proxy")?;
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(behind).await.is_err() {
            ensure!(begun.elapsed() < START_MAX, "kubectl proxy does not listen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let traffic = Arc::new(Traffic::new(behind, Dice::new(seed, u64::MAX)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let folder = tempfile::Builder::new().prefix("qjr-").tempdir()?;
        std::fs::write(folder.path().join(KUBECONFIG), kubeconfig(listener.local_addr()?))?;
        let mut server = JoinSet::new();
        server.spawn(server::serve(listener, traffic.clone()));
        Ok(Self { traffic, folder, behind, _kubectl: kubectl, _server: server })
    }

    /// The configuration that leads over it.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join(KUBECONFIG)
    }

    /// Where the API server is reached whatever the weather.
    pub(super) fn behind(&self) -> SocketAddr {
        self.behind
    }

    /// Changes the weather.
    pub(super) fn set(&self, weather: Weather) {
        self.traffic.set(weather);
    }

    /// Ends every watch that is open: half of them as a broken connection.
    pub(super) fn cut(&self) {
        self.traffic.cut();
    }

    /// The next watches hear that what they ask for is compacted, so many of them.
    pub(super) fn compact(&self, watches: u32) {
        self.traffic.compact(watches);
    }

    /// Waits until the region writes once more, just before that comes through or after it was done; the write's answer
    /// is held back until `go_on`.
    pub(super) async fn hold(&self, moment: Moment) {
        self.traffic.hold(moment).await;
    }

    /// What was held back goes on.
    pub(super) fn go_on(&self) {
        self.traffic.go_on();
    }

    /// Requests, and those that did not come through as they should.
    pub(super) fn asked(&self) -> (u64, u64) {
        self.traffic.asked()
    }
}

fn kubeconfig(address: SocketAddr) -> String {
    json!({"apiVersion": "v1", "kind": "Config", "current-context": "road",
        "clusters": [{"name": "road", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "road", "user": {}}],
        "contexts": [{"name": "road", "context": {"cluster": "road", "user": "road"}}]})
    .to_string()
}
