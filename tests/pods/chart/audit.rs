//! What the region's service accounts asked of the cluster, as its audit log tells.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tests::cluster::{Audit, kubectl_json};

use super::install::{NAMESPACE, SANDBOXES};

const FORBIDDEN: u64 = 403;
/// Resource and verb of what the log does not show.
const USED_ELSEWHERE: [(&str, &str); 3] = [
    // The jobrunner looks at a pod that is there already, as after a kill.
    ("pods", "get"),
    // A patch that creates is refused without the right to create.
    ("services", "create"),
    ("networkpolicies", "create"),
];

/// The log from a moment on.
pub(super) struct Log(Audit);

impl Log {
    /// From now on.
    pub(super) fn from_now() -> Self {
        Self(Audit::from_now())
    }

    /// Requests of the region's service accounts.
    fn requests(&self) -> anyhow::Result<Vec<Value>> {
        self.0.requests(&format!("system:serviceaccount:{NAMESPACE}:"))
    }

    /// No request was refused for want of rights.
    pub(super) async fn nothing_was_denied(&self) -> anyhow::Result<()> {
        let requests = self.requests()?;
        ensure!(!requests.is_empty(), "no request of ours is in the log, so it says nothing");
        let denied = requests.iter().filter(|request| request["responseStatus"]["code"] == FORBIDDEN);
        let denied: BTreeSet<_> =
            denied.map(|request| format!("{} {}", request["verb"], request["requestURI"])).collect();
        ensure!(denied.is_empty(), "denied: {denied:#?}");
        println!("chart: {} requests, none denied", requests.len());
        Ok(())
    }

    /// Every verb of the rules was used, but for those that `USED_ELSEWHERE` explains.
    pub(super) async fn every_rule_is_used(&self) -> anyhow::Result<()> {
        let used: BTreeSet<_> = self.requests()?.iter().map(use_of).collect();
        let role = kubectl_json(&["--namespace", SANDBOXES, "get", "role", "region-jobrunner"]).await?;
        let wide = kubectl_json(&["get", "clusterrole", "region-region-jobrunner"]).await?;
        let allowed =
            allowed(&role, SANDBOXES)?.into_iter().chain(allowed(&wide, "")?).collect::<BTreeSet<_>>();
        let unused = allowed
            .difference(&used)
            .filter(|(_, resource, verb)| !USED_ELSEWHERE.contains(&(resource.as_str(), verb.as_str())));
        let unused: Vec<_> = unused.collect();
        ensure!(unused.is_empty(), "allowed and not used, so to be taken away or to be tested: {unused:?}");
        Ok(())
    }
}

/// Namespace, resource and verb of a request.
fn use_of(request: &Value) -> (String, String, String) {
    let object = &request["objectRef"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&object["namespace"]), text(&object["resource"]), text(&request["verb"]))
}

/// The same of all that a role allows.
fn allowed(role: &Value, namespace: &str) -> anyhow::Result<Vec<(String, String, String)>> {
    let texts = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap_or_default() };
    let mut all = Vec::new();
    for rule in role["rules"].as_array().context("a role without rules")? {
        for resource in texts(&rule["resources"]) {
            let verbs = texts(&rule["verbs"]).into_iter();
            all.extend(verbs.map(|verb| (namespace.to_owned(), resource.clone(), verb)));
        }
    }
    Ok(all)
}
