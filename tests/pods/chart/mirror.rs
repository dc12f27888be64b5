//! Nodes whose container engine was led to the mirror's Service.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::json;
use tests::cluster::{NODES, apply, kubectl, kubectl_json, run_folder};
use tokio::process::Command;

use super::api::Api;
use super::install::{NAMESPACE, SANDBOXES, project};

const REGISTRY: &str = "registry.test";
/// The newest layer of the image that no node has is at least so large.
const FRESH_BYTES: u64 = 3_000_000;

/// The mirror as nodes reach it.
pub(super) struct Door<'a> {
    /// With the address that the values fix.
    pub(super) url: String,
    /// Who has signed its certificate.
    pub(super) authority: Option<&'a Path>,
}

/// A sandbox of an image that no node has becomes ready, and then a bare pod of it runs on the other node: both have the
/// image's bytes from the mirror. The machine runs what its image says, beside the agent.
pub(super) async fn nodes_pull_through_it(api: &Api, door: &Door<'_>) -> anyhow::Result<()> {
    // A node does not ask again for a tag that it has, as of an earlier run on the same cluster.
    let scheme = if door.authority.is_some() { "tls" } else { "plain" };
    let fresh = format!("fresh:{scheme}-{}", std::process::id());
    image(&["fresh", "python:3", &fresh]).await?;
    let before = bytes_sent().await?;
    let nodes = Nodes::led_to(door).await?;
    let named = format!("{REGISTRY}/{fresh}");
    let runs = json!({"container": {"image": named}});
    let template = json!({"machines": [{"name": "main", "runs": runs, "resources": {"cpu_millis": 100, "memory_mib": 64},
        "apps": [{"name": "terminal", "kind": "terminal", "command": ["/bin/bash"]}], "start_deadline_s": 60}]});
    let id = api.sandbox(&format!("fresh-{scheme}"), &template).await?;
    let process = api.exec(&id, &["cat", "/proc/1/cmdline"]).await?;
    ensure!(
        process.starts_with("/bin/sleep\0"),
        "the first process is {process:?} and not what the image says"
    );
    let first = bytes_sent().await? - before;
    ensure!(first >= FRESH_BYTES, "the mirror has sent only {first} bytes to the sandbox's node");
    pulled_by_the_other_node(&id, &named).await?;
    let second = bytes_sent().await? - before - first;
    ensure!(second >= FRESH_BYTES, "the mirror has sent only {second} bytes to the other node");
    println!("chart: the mirror has sent {first} bytes to one node and {second} to the other");
    drop(nodes);
    api.delete(&id).await
}

/// A pod of this image runs on the node on which the sandbox is not.
async fn pulled_by_the_other_node(sandbox: &str, image: &str) -> anyhow::Result<()> {
    let selector = format!("qingjiao.io/sandbox={sandbox}");
    let pods = kubectl_json(&["--namespace", SANDBOXES, "get", "pods", "--selector", &selector]).await?;
    let taken = &pods["items"][0]["spec"]["nodeName"];
    let (other, _) = NODES.into_iter().find(|(node, _)| taken != node).context("no other node")?;
    let name = format!("pulls-on-{other}");
    let security = json!({"allowPrivilegeEscalation": false, "runAsNonRoot": true, "runAsUser": 1000,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}});
    let container = json!({"name": "main", "image": image, "securityContext": security});
    let spec = json!({"nodeName": other, "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": false, "containers": [container]});
    let metadata = json!({"name": name, "namespace": SANDBOXES});
    apply(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})).await?;
    let pod = format!("pod/{name}");
    let runs = ["--namespace", SANDBOXES, "wait", &pod, "--for=condition=Ready", "--timeout=60s"];
    kubectl(&runs).await?;
    kubectl(&["--namespace", SANDBOXES, "delete", &pod, "--timeout=60s"]).await.map(drop)
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
    async fn led_to(door: &Door<'_>) -> anyhow::Result<Self> {
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
            &door.url,
        ]);
        if let Some(authority) = door.authority {
            command.arg("--ca-file").arg(authority);
        }
        let output = command.arg("--write").arg(written.path()).output().await?;
        ensure!(output.status.success(), "mirror hosts: {}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(
            written.path().join(format!("containerd/certs.d/{REGISTRY}/hosts.toml")),
        )?;
        let mut before = Vec::new();
        for (node, _) in NODES {
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
