//! A real cluster that runs already, as `tests/cluster/cluster` starts it and `scripts/cluster-tests` gives it: a test
//! runs inside its network (`enter`), with a `KUBECONFIG` and `kubectl`.

mod account;
mod audit;
mod pods;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub use account::kubeconfig;
pub use audit::{Audit, denials};
pub use pods::Pods;

use crate::outside::until;

/// The hub, where a test and the processes that it starts are: how policies see them.
pub const HUB_CIDR: &str = "192.0.2.1/32";
/// API server, nodes and hub: not private by their addresses, and no machine's business.
pub const CLUSTER_CIDR: &str = "192.0.2.0/26";
/// The nodes and their addresses.
pub const NODES: [(&str, &str); 2] = [("node-1", "192.0.2.11"), ("node-2", "192.0.2.12")];
/// What pods pull to be a machine: Python, bash and busybox.
pub const MACHINE_IMAGE: &str = "registry.test/python:3";

/// How long the cluster may take to make what every namespace has.
const NAMESPACE_MAX: Duration = Duration::from_secs(60);

/// Runs `kubectl`; what it printed.
///
/// # Errors
/// What it said.
pub async fn kubectl(arguments: &[&str]) -> anyhow::Result<String> {
    run("kubectl".into(), arguments, None).await
}

/// What `kubectl` says in JSON.
///
/// # Errors
/// What it said.
pub async fn kubectl_json(arguments: &[&str]) -> anyhow::Result<Value> {
    let all: Vec<&str> = arguments.iter().copied().chain(["--output", "json"]).collect();
    Ok(serde_json::from_str(&kubectl(&all).await?)?)
}

/// Makes an object what it should be.
///
/// # Errors
/// What `kubectl` said.
pub async fn apply(object: &Value) -> anyhow::Result<()> {
    apply_text(object.to_string()).await
}

/// Makes the objects of a text, YAML or JSON, what they should be.
async fn apply_text(objects: String) -> anyhow::Result<()> {
    run("kubectl".into(), &["apply", "--filename", "-"], Some(objects)).await.map(drop)
}

/// Makes a namespace, as the chart makes that of the sandboxes: it refuses every pod that is not restricted.
///
/// # Errors
/// What the cluster said.
pub async fn namespace(name: &str) -> anyhow::Result<()> {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let metadata = json!({"name": name, "labels": labels});
    apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})).await?;
    // Before it is there, every pod is refused.
    until(&format!("{name} has its account"), NAMESPACE_MAX, async || {
        Ok(kubectl(&["--namespace", name, "get", "serviceaccount", "default"]).await.ok())
    })
    .await
    .map(drop)
}

/// A command of `tests/cluster/cluster`, such as `halt etcd`.
///
/// # Errors
/// What it said.
pub async fn command(arguments: &[&str]) -> anyhow::Result<String> {
    run(own_folder()?.join("cluster/cluster"), arguments, None).await
}

/// The folder of this crate, asked for when it runs: build results are shared between clones.
fn own_folder() -> anyhow::Result<PathBuf> {
    Ok(std::env::var_os("CARGO_MANIFEST_DIR").context("run this test by cargo")?.into())
}

/// The folder of the running cluster, with its logs and its nodes' files.
///
/// # Errors
/// That no cluster is given.
pub fn run_folder() -> anyhow::Result<PathBuf> {
    let kubeconfig = variable("KUBECONFIG")?;
    Ok(Path::new(&kubeconfig).ancestors().nth(2).context("no folder above KUBECONFIG")?.to_owned())
}

/// A variable that `scripts/cluster-tests` sets.
fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: run scripts/cluster-tests"))
}

async fn run(program: PathBuf, arguments: &[&str], input: Option<String>) -> anyhow::Result<String> {
    let mut command = Command::new(&program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().with_context(|| program.display().to_string())?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    // One that ends without reading says why.
    let _ = stdin.write_all(input.unwrap_or_default().as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await?;
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{} {}: {text}{errors}", program.display(), arguments.join(" "));
    Ok(text.into_owned())
}
