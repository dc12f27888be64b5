//! wrk, the load that others can repeat.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use super::CONNECTIONS;

/// Requests per second; any answer that is no success is an error.
pub(super) async fn run(address: SocketAddr, headers: &[String], length: Duration) -> anyhow::Result<f64> {
    let mut command = Command::new("wrk");
    command.args(["-t", "1", "-c", &CONNECTIONS.to_string(), "-d", &format!("{}s", length.as_secs())]);
    for header in headers {
        command.args(["-H", header]);
    }
    let output =
        command.arg(format!("http://{address}/")).kill_on_drop(true).output().await.context("wrk")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "wrk: {said} {}", String::from_utf8_lossy(&output.stderr));
    ensure!(!said.contains("Non-2xx") && !said.contains("Socket errors"), "{said}");
    let rate =
        said.lines().find_map(|line| line.strip_prefix("Requests/sec:")).context("wrk said no rate")?;
    let rate: f64 = rate.trim().parse()?;
    ensure!(rate > 0.0, "nothing was answered in time: {said}");
    Ok(rate)
}
