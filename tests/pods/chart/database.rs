//! A PostgreSQL outside of the cluster, at an address that pods reach.

use std::process::Stdio;

use anyhow::anyhow;
use tokio::process::{Child, Command};

/// An address of the hub, and PostgreSQL's port.
const ADDRESS: &str = "192.0.2.1:5432";

/// An empty database; unreachable again once dropped.
pub(super) struct Database {
    /// How pods reach it.
    pub(super) url: String,
    _door: Child,
}

impl Database {
    pub(super) fn new() -> anyhow::Result<Self> {
        let server = store::testing::postgres().map_err(|error| anyhow!("{error}"))?;
        let local = server.database()?;
        let name = local.split('?').next().and_then(|place| place.rsplit('/').next()).unwrap_or_default();
        let socket = server.socket_folder().join(".s.PGSQL.5432");
        let (ip, port) = ADDRESS.split_once(':').unwrap_or_default();
        let mut command = Command::new("socat");
        command.arg(format!("TCP-LISTEN:{port},bind={ip},reuseaddr,fork"));
        command.arg(format!("UNIX-CONNECT:{}", socket.display()));
        let door = command.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        Ok(Self { url: format!("postgres://postgres:none@{ADDRESS}/{name}"), _door: door })
    }
}
