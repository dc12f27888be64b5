//! A student's day in a real browser, against pods.

use std::path::Path;

use anyhow::ensure;
use tests::cluster::MACHINE_IMAGE;
use tokio::process::Command;

use super::api::Api;
use super::install::project;

/// Runs tests/browser/pods.test.mjs with the region's addresses, trusting the authority of its certificates.
pub(super) async fn flow(api: &Api, authority: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("npm");
    command.args(["run", "--silent", "pods"]).current_dir(project().join("tests/browser"));
    command
        .env("REGION_API", &api.url)
        .env("REGION_KEY", &api.key)
        .env("REGION_PROXY", api.proxy.ip().to_string())
        .env("REGION_AUTHORITY", authority)
        .env("NODE_EXTRA_CA_CERTS", authority);
    let status = command.env("MACHINE_IMAGE", MACHINE_IMAGE).kill_on_drop(true).status().await?;
    ensure!(status.success(), "the browser's tests failed: {status}");
    Ok(())
}
