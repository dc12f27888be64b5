//! Installing the chart as a pipeline does: `helm template`, then `kubectl apply`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
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
const TRIAL_ROLES: [&str; 4] = [
    "statefulset/trial-postgresql",
    "deployment/trial-api-server",
    "deployment/trial-proxy",
    "deployment/trial-jobrunner",
];

/// A region, and what it needs outside of the cluster.
pub(super) struct Installed {
    values: Vec<PathBuf>,
    roles: [&'static str; 4],
    _database: Option<Database>,
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
        make_secret("region-role", &json!({"current": random()?})).await?;
        make_secret("region-signing", &json!({"current": random()?})).await?;
        make_secret("region-store", &json!({"url": database.url})).await?;
        let region = Self { values: vec![values("values.yaml")], roles: ROLES, _database: Some(database) };
        region.roll(RELEASE).await?;
        Ok(region)
    }

    /// A second region beside it, with its database in the cluster.
    pub(super) async fn for_trial() -> anyhow::Result<Self> {
        let password = random()?;
        let url = format!("postgres://region:{password}@trial-postgresql/region");
        make_secret("trial-store", &json!({"url": url, "password": password})).await?;
        let region = Self { values: vec![values("trial.yaml")], roles: TRIAL_ROLES, _database: None };
        region.roll(RELEASE).await?;
        Ok(region)
    }

    /// From the next roll on, with this file of ours over the others.
    pub(super) fn add_values(&mut self, file: &str) {
        self.values.push(values(file));
    }

    /// Brings it to a release and waits until every role has arrived there.
    pub(super) async fn roll(&self, tag: &str) -> anyhow::Result<()> {
        kubectl_text(&["apply"], &self.objects(tag).await?).await?;
        for role in self.roles {
            kubectl(&["--namespace", NAMESPACE, "rollout", "status", role, ROLLOUT]).await?;
        }
        Ok(())
    }

    /// All objects of it go; the namespaces stay.
    pub(super) async fn remove(self) -> anyhow::Result<()> {
        let objects = self.objects(RELEASE).await?;
        kubectl_text(&["delete", "--ignore-not-found", "--wait=false"], &objects).await
    }

    async fn objects(&self, tag: &str) -> anyhow::Result<String> {
        template(&self.values, &["--set-string", &format!("image.tag={tag}")]).await
    }
}

/// Undoes `namespaces`, and the way to the Services.
pub(super) async fn leave() -> anyhow::Result<()> {
    kubectl(&["delete", "namespace", NAMESPACE, SANDBOXES, "--ignore-not-found", "--wait=false"]).await?;
    api::leave_services().await
}

/// A values file beside this.
fn values(file: &str) -> PathBuf {
    project().join("tests/pods/chart").join(file)
}

async fn make_secret(name: &str, data: &Value) -> anyhow::Result<()> {
    let metadata = json!({"name": name, "namespace": NAMESPACE});
    apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})).await
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
    // Read when it runs: build results are shared between clones, and must not look at another one.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&own).parent().map(Path::to_owned).unwrap_or_default()
}

fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
