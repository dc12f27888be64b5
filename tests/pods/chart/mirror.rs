//! Nodes whose container engine was led to the mirror's Service.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use serde_json::json;
use tests::cluster::kubectl_json;
use tokio::process::Command;

use super::api::Api;
use super::install::{NAMESPACE, project};

/// The mirror as nodes reach it: the address that the values fix.
const NODES_URL: &str = "http://10.96.0.50:5050";
const REGISTRY: &str = "registry.test";
/// The newest layer of the image that no node has is at least so large.
const FRESH_BYTES: u64 = 3_000_000;

/// A sandbox of an image that no node has becomes ready, and the image's bytes went through the mirror.
pub(super) async fn nodes_pull_through_it(api: &Api) -> anyhow::Result<()> {
    // A node does not ask again for a tag that it has, as of an earlier run on the same cluster.
    let fresh = format!("fresh:{}", std::process::id());
    image(&["fresh", "python:3", &fresh]).await?;
    let before = bytes_sent().await?;
    let nodes = Nodes::led_to_it().await?;
    let runs = json!({"container": {"image": format!("{REGISTRY}/{fresh}"), "command": ["/bin/sleep", "2147483647"]}});
    let template = json!({"machines": [{"name": "main", "runs": runs, "resources": {"cpu_millis": 100, "memory_mib": 64},
        "apps": [{"name": "terminal", "kind": "terminal", "command": ["/bin/bash"]}], "start_deadline_s": 60}]});
    let id = api.sandbox("fresh", &template).await?;
    let sent = bytes_sent().await? - before;
    ensure!(sent >= FRESH_BYTES, "the mirror has sent only {sent} bytes");
    println!("chart: the mirror has sent {sent} bytes to the nodes");
    drop(nodes);
    api.delete(&id).await
}

/// Runs `image` beside this file.
pub(super) async fn image(words: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(project().join("tests/pods/chart/image")).args(words).output().await?;
    ensure!(output.status.success(), "image {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Bytes of blobs that all replicas have sent to clients.
async fn bytes_sent() -> anyhow::Result<u64> {
    let label = "app.kubernetes.io/component=registry-mirror";
    let pods = kubectl_json(&["--namespace", NAMESPACE, "get", "pods", "--selector", label]).await?;
    let mut sum = 0;
    for pod in pods["items"].as_array().context("no list")? {
        let ip = pod["status"]["podIP"].as_str().context("a mirror without address")?;
        let text = reqwest::get(format!("http://{ip}:9090/metrics")).await?.text().await?;
        let line =
            text.lines().find(|line| line.contains("mirror_client_bytes_total") && !line.starts_with('#'));
        let value = line.and_then(|line| line.rsplit(' ').next()).context("no such metric")?;
        sum += value.parse::<u64>()?;
    }
    Ok(sum)
}

/// The nodes' files for the registry, put back when dropped.
struct Nodes(Vec<(PathBuf, String)>);

impl Nodes {
    /// Writes to each node what `region mirror hosts` says.
    async fn led_to_it() -> anyhow::Result<Self> {
        let written = tempfile::tempdir()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_testing-region"));
        command.args([
            "mirror",
            "hosts",
            "--engine",
            "containerd",
            "--registry",
            REGISTRY,
            "--nodes-url",
            NODES_URL,
        ]);
        let output = command.arg("--write").arg(written.path()).output().await?;
        ensure!(output.status.success(), "mirror hosts: {}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(
            written.path().join(format!("containerd/certs.d/{REGISTRY}/hosts.toml")),
        )?;
        let mut before = Vec::new();
        for node in ["node-1", "node-2"] {
            let file = run_folder()?.join(node).join("registries").join(REGISTRY).join("hosts.toml");
            before.push((file.clone(), std::fs::read_to_string(&file)?));
            std::fs::write(file, &text)?;
        }
        Ok(Self(before))
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for (file, text) in &self.0 {
            // A cluster that is gone needs it no more.
            let _ = std::fs::write(file, text);
        }
    }
}

/// The folder of the running cluster.
pub(super) fn run_folder() -> anyhow::Result<PathBuf> {
    let kubeconfig = PathBuf::from(std::env::var_os("KUBECONFIG").context("KUBECONFIG is not set")?);
    Ok(kubeconfig.ancestors().nth(2).context("no folder above KUBECONFIG")?.to_owned())
}
