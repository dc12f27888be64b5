//! Installing the chart as a pipeline does: `helm template`, then `kubectl apply`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::json;
use tests::cluster::{apply, kubectl};
use tokio::process::Command;

use super::database::Database;
use super::{RELEASE, api};

/// Where the roles run.
pub(super) const NAMESPACE: &str = "region";
/// Where the sandboxes run, as the chart's default is.
pub(super) const SANDBOXES: &str = "region-sandboxes";
/// What a rollout may take, images included.
const ROLLOUT: &str = "--timeout=150s";
/// What a plain cluster has no types for.
const CUSTOM: &str = "monitoring.coreos.com/v1";
const ROLES: [&str; 4] = [
    "deployment/region-api-server",
    "deployment/region-proxy",
    "deployment/region-jobrunner",
    "statefulset/region-registry-mirror",
];

/// The region, and what it needs outside of the cluster.
pub(super) struct Installed {
    _database: Database,
}

/// The namespaces as an operator makes them: the one of the roles too refuses pods that are not restricted.
pub(super) async fn namespaces() -> anyhow::Result<()> {
    for name in [NAMESPACE, SANDBOXES] {
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"});
        let metadata = json!({"name": name, "labels": labels});
        apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})).await?;
    }
    Ok(())
}

/// The cluster itself would take the objects of every values file of the chart's own tests.
pub(super) async fn dry_runs() -> anyhow::Result<()> {
    let folder = project().join("tests/chart/good");
    let minimal = folder.join("minimal.yaml");
    let production = vec![project().join("charts/values-prod.yaml"), minimal];
    let files = std::fs::read_dir(&folder)?.map(|entry| Ok(vec![entry?.path()]));
    let files = files.collect::<anyhow::Result<Vec<_>>>()?;
    for values in files.into_iter().chain([production]) {
        let text = known_kinds(&template(&values, &[]).await?);
        kubectl_text(&["apply", "--dry-run=server"], &text).await.with_context(|| format!("{values:?}"))?;
    }
    Ok(())
}

fn known_kinds(text: &str) -> String {
    let known = text.split("\n---\n").filter(|object| !object.contains(CUSTOM));
    known.collect::<Vec<_>>().join("\n---\n")
}

impl Installed {
    /// Secrets, a database, and all objects; every role is ready, in two replicas.
    pub(super) async fn new() -> anyhow::Result<Self> {
        api::reach_services().await?;
        let database = Database::new()?;
        for (name, key, value) in [
            ("region-role", "current", secret()?),
            ("region-signing", "current", secret()?),
            ("region-store", "url", database.url.clone()),
        ] {
            let metadata = json!({"name": name, "namespace": NAMESPACE});
            apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {key: value}})).await?;
        }
        let region = Self { _database: database };
        region.roll(RELEASE).await?;
        Ok(region)
    }

    /// Brings it to a release and waits until every role has arrived there.
    pub(super) async fn roll(&self, tag: &str) -> anyhow::Result<()> {
        let own = project().join("tests/pods/chart/values.yaml");
        let text = template(&[own], &["--set-string", &format!("image.tag={tag}")]).await?;
        kubectl_text(&["apply"], &text).await?;
        for role in ROLES {
            kubectl(&["--namespace", NAMESPACE, "rollout", "status", role, ROLLOUT]).await?;
        }
        Ok(())
    }

    /// Everything of it goes.
    pub(super) async fn remove(self) -> anyhow::Result<()> {
        let own = project().join("tests/pods/chart/values.yaml");
        let text = template(&[own], &["--set-string", &format!("image.tag={RELEASE}")]).await?;
        kubectl_text(&["delete", "--ignore-not-found", "--wait=false"], &text).await?;
        kubectl(&["delete", "namespace", NAMESPACE, SANDBOXES, "--ignore-not-found", "--wait=false"]).await?;
        api::leave_services().await
    }
}

/// What `helm template` writes for these values files.
pub(super) async fn template(values: &[PathBuf], more: &[&str]) -> anyhow::Result<String> {
    let helm = std::env::var_os("HELM").context("HELM is not set: run scripts/cluster-tests")?;
    let mut command = Command::new(helm);
    command.args(["template", "region", "--namespace", NAMESPACE, "--kube-version", "1.34.0"]);
    command.arg(project().join("charts/region")).args(more);
    values.iter().for_each(|file| {
        command.arg("--values").arg(file);
    });
    let output = command.output().await?;
    ensure!(output.status.success(), "helm: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// `kubectl` with objects as its input. A warning, as of pods that are not restricted, is a failure too.
async fn kubectl_text(arguments: &[&str], text: &str) -> anyhow::Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), text)?;
    let path = file.path().display().to_string();
    let output = Command::new("kubectl").args(arguments).args(["--filename", &path]).output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && !said.contains("Warning:"), "kubectl {arguments:?}: {said}");
    Ok(())
}

/// The project's folder.
pub(super) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

fn secret() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
