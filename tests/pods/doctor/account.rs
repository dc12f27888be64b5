//! An account of the cluster with the rights that a test says.

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tests::cluster::{Pods, apply, kubectl_json};

/// Whether a right is needed everywhere, the API group, the resource, and the verbs.
type Right = (bool, &'static str, &'static str, &'static [&'static str]);

/// What the chart gives to the jobrunner.
pub(super) const JOBRUNNER: &[Right] = &[
    (false, "", "pods", &["get", "list", "watch", "create", "delete"]),
    (false, "", "persistentvolumeclaims", &["get", "list", "watch", "create", "patch", "delete"]),
    (false, "", "services", &["create", "patch"]),
    (false, "networking.k8s.io", "networkpolicies", &["create", "patch"]),
    (false, "", "events", &["list", "watch"]),
    (true, "", "nodes", &["list", "watch"]),
    (true, "", "pods", &["list"]),
];
const ACCOUNT: &str = "asker";

/// Makes an account in a namespace; how it reaches the cluster.
pub(super) async fn kubeconfig(pods: &Pods, rights: &[Right]) -> anyhow::Result<NamedTempFile> {
    let namespace = pods.namespace.as_str();
    let metadata = json!({"name": ACCOUNT, "namespace": namespace});
    apply(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})).await?;
    for (everywhere, role, binding) in
        [(false, "Role", "RoleBinding"), (true, "ClusterRole", "ClusterRoleBinding")]
    {
        let rules: Vec<_> = rights.iter().filter(|right| right.0 == everywhere).map(rule).collect();
        // Roles of the whole cluster are named after the namespace, in which nobody else is.
        let name = format!("{namespace}-{ACCOUNT}");
        let metadata = json!({"name": name, "namespace": namespace});
        let api = "rbac.authorization.k8s.io";
        let version = format!("{api}/v1");
        apply(&json!({"apiVersion": version, "kind": role, "metadata": metadata, "rules": rules})).await?;
        apply(&json!({"apiVersion": version, "kind": binding, "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": role, "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}]}))
        .await?;
    }
    let token = pods.kubectl(&["create", "token", ACCOUNT]).await?;
    let mut config = kubectl_json(&["config", "view", "--raw", "--minify", "--flatten"]).await?;
    config["users"][0]["user"] = json!({"token": token.trim()});
    let file = NamedTempFile::new()?;
    std::fs::write(file.path(), config.to_string())?;
    Ok(file)
}

fn rule((_, group, resource, verbs): &Right) -> Value {
    json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
}
