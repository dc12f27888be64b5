//! Accounts of the cluster. That of a region's jobrunner has exactly the rights that the chart gives: they are what
//! helm renders, and are written down nowhere else.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use super::{apply_text, kubectl, kubectl_json, own_folder, run, run_folder, variable};
use crate::outside::until;

/// The chart's name for it, with the chart's own default.
const JOBRUNNER: &str = "region-jobrunner";
/// Files of the chart that make it and say what it may.
const TEMPLATES: [&str; 2] = ["templates/jobrunner/serviceaccount.yaml", "templates/jobrunner/rbac.yaml"];
/// Below the cluster's folder, and gone with it.
const FOLDER: &str = "accounts";
/// The API server has roles in force within this time.
const IN_FORCE_MAX: Duration = Duration::from_secs(30);

/// Gives the chart's rights in the namespace of sandboxes to an account of the namespace `roles`; how it reaches the
/// cluster.
pub(super) async fn jobrunner(roles: &str, sandboxes: &str) -> anyhow::Result<PathBuf> {
    apply_text(rendered(roles, sandboxes).await?).await?;
    let file = kubeconfig(roles, JOBRUNNER).await?;
    let path = file.display().to_string();
    // One right of each kind, so that the first call is not refused for coming too early.
    for right in [&["watch", "nodes"][..], &["create", "pods", "--namespace", sandboxes][..]] {
        let asked = [&["--kubeconfig", &path, "auth", "can-i"][..], right].concat();
        until("its roles are in force", IN_FORCE_MAX, async || Ok(kubectl(&asked).await.ok())).await?;
    }
    Ok(file)
}

/// Takes back what no namespace takes along.
pub(super) async fn remove(roles: &str) -> anyhow::Result<()> {
    let name = format!("{roles}-{JOBRUNNER}");
    let kinds = "clusterrole,clusterrolebinding";
    kubectl(&["delete", kinds, &name, "--ignore-not-found", "--wait=false"]).await.map(drop)
}

/// As whom the cluster knows it.
pub(super) fn user(roles: &str) -> String {
    format!("system:serviceaccount:{roles}:{JOBRUNNER}")
}

async fn rendered(roles: &str, sandboxes: &str) -> anyhow::Result<String> {
    let tests = own_folder()?;
    let project = tests.parent().context("no folder above tests")?;
    let [chart, values] = ["charts/region", "tests/chart/good/minimal.yaml"]
        .map(|path| project.join(path).display().to_string());
    let namespace = format!("sandboxes.namespace={sandboxes}");
    let mut arguments = vec!["template", "region", &chart, "--values", &values, "--namespace", roles];
    arguments.extend(["--kube-version", "1.34.0", "--set-string", &namespace]);
    arguments.extend(TEMPLATES.into_iter().flat_map(|file| ["--show-only", file]));
    run(variable("HELM")?.into(), &arguments, None).await
}

/// How an account of a namespace, which must be there, reaches the cluster: a file that lasts as long as the cluster.
///
/// # Errors
/// What the cluster said.
pub async fn kubeconfig(namespace: &str, account: &str) -> anyhow::Result<PathBuf> {
    let token = kubectl(&["--namespace", namespace, "create", "token", account]).await?;
    let mut config = kubectl_json(&["config", "view", "--raw", "--minify", "--flatten"]).await?;
    config["users"][0]["user"] = json!({"token": token.trim()});
    let folder = run_folder()?.join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{namespace}.{account}.kubeconfig"));
    let mut open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&file)?;
    open.write_all(config.to_string().as_bytes())?;
    Ok(file)
}
