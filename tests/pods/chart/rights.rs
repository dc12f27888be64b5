//! What the jobrunner's account may not do. It has no rights of its own in the cluster but those that the chart gives.

use anyhow::{Context as _, ensure};
use tests::cluster::kubectl;

use super::audit;
use super::install::{NAMESPACE, SANDBOXES};

/// Where a command is run in a pod.
const EXEC: &str = "/api/v1/namespaces/region-sandboxes/pods/nobody/exec?command=id";

/// Calls that must be refused.
const NEVER: [&[&str]; 12] = [
    &["get", "secrets", "--all-namespaces"],
    &["get", "secrets", "--namespace", NAMESPACE],
    &["get", "secrets", "--namespace", SANDBOXES],
    &["create", "--raw", EXEC, "--filename", "/dev/null"],
    &["create", "configmap", "any", "--namespace", SANDBOXES],
    &["run", "any", "--image", "any", "--namespace", NAMESPACE],
    &["run", "any", "--image", "any", "--namespace", "default"],
    &["delete", "pod", "nobody", "--namespace", NAMESPACE],
    &["delete", "node", "nobody"],
    &["create", "namespace", "any"],
    &["create", "clusterrolebinding", "any", "--clusterrole", "cluster-admin", "--user", "any"],
    &["create", "token", "region-jobrunner", "--namespace", NAMESPACE],
];

/// Every call of `NEVER` is refused, one that is allowed passes, and the look at the audit log notices the denials.
pub(super) async fn are_few() -> anyhow::Result<()> {
    let log = audit::Log::from_now();
    as_jobrunner(&["get", "pods", "--namespace", SANDBOXES]).await.context("what is allowed")?;
    log.nothing_was_denied().await?;
    for call in NEVER {
        let refused = as_jobrunner(call).await.err().with_context(|| format!("{call:?} was allowed"))?;
        ensure!(format!("{refused:#}").contains("orbidden"), "{call:?} failed otherwise: {refused:#}");
    }
    let noticed = log.nothing_was_denied().await.err().context("denials were not noticed")?;
    let missed =
        ["/secrets", "/exec", "/namespaces"].into_iter().find(|path| !noticed.to_string().contains(path));
    ensure!(missed.is_none(), "{missed:?} is not among the denials: {noticed}");
    Ok(())
}

/// `kubectl` with the rights of the jobrunner's account.
async fn as_jobrunner(arguments: &[&str]) -> anyhow::Result<String> {
    let account = format!("system:serviceaccount:{NAMESPACE}:region-jobrunner");
    let of_namespace = format!("system:serviceaccounts:{NAMESPACE}");
    let mut all = vec!["--as", &account];
    for group in ["system:authenticated", "system:serviceaccounts", &of_namespace] {
        all.extend(["--as-group", group]);
    }
    all.extend(arguments);
    kubectl(&all).await
}
