//! The only way of the region to the API server, on which faults are made. Behind it is a [`Way`] with the rights that
//! the chart gives to a jobrunner.

mod server;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

pub(super) use server::Moment;
use server::Traffic;

use super::tally::Tally;
use super::way::Way;
use super::weather::Weather;
use crate::chaos::op::Dice;

const KUBECONFIG: &str = "kubeconfig";

/// A road.
#[derive(Debug)]
pub(super) struct Road {
    traffic: Arc<Traffic>,
    folder: TempDir,
    _behind: Way,
    _server: JoinSet<()>,
}

impl Road {
    /// Opens it, in fair weather, for whom this configuration of the client names. What happens on it is counted.
    ///
    /// # Errors
    /// When no port is free, or the way behind it does not open.
    pub(super) async fn open(seed: u64, account: &Path, tally: Arc<Tally>) -> anyhow::Result<Self> {
        let behind = Way::of(account).await?;
        let traffic = Arc::new(Traffic::new(behind.address, Dice::new(seed, u64::MAX), tally));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let folder = tempfile::Builder::new().prefix("qjr-").tempdir()?;
        std::fs::write(folder.path().join(KUBECONFIG), kubeconfig(listener.local_addr()?))?;
        let mut server = JoinSet::new();
        server.spawn(server::serve(listener, traffic.clone()));
        Ok(Self { traffic, folder, _behind: behind, _server: server })
    }

    /// The configuration that leads over it.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join(KUBECONFIG)
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
