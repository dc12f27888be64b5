//! A namespace in which a region's machines are pods.

use std::path::Path;

use serde_json::{Value, json};

use super::{CLUSTER_CIDR, HUB_CIDR, MACHINE_IMAGE, apply, kubectl, kubectl_json, variable};

/// A namespace for sandboxes, as the chart makes it: it refuses every pod that is not restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pods {
    /// Its name.
    pub namespace: String,
    kubeconfig: String,
    agent_image: String,
}

impl Pods {
    /// Makes it.
    ///
    /// # Errors
    /// What is not set, or what the cluster said.
    pub async fn new(name: &str) -> anyhow::Result<Self> {
        let namespace = format!("{name}-{}", std::process::id());
        apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}))
        .await?;
        let (kubeconfig, agent_image) = (variable("KUBECONFIG")?, variable("CLUSTER_AGENT_IMAGE")?);
        Ok(Self { namespace, kubeconfig, agent_image })
    }

    /// The same, reached by another configuration of the client.
    #[must_use]
    pub fn through(self, kubeconfig: &Path) -> Self {
        Self { kubeconfig: kubeconfig.display().to_string(), ..self }
    }

    /// What a machine of a template runs: nothing of its own.
    #[must_use]
    pub fn runs() -> Value {
        json!({"container": {"image": MACHINE_IMAGE, "command": ["/bin/sleep", "2147483647"]}})
    }

    /// The sections of the configuration that make a region's machines pods of this namespace.
    #[must_use]
    pub fn configuration(&self) -> String {
        let Self { namespace, kubeconfig, agent_image } = self;
        format!(
            r#"
            api.runs = ["container"]
            jobrunner.provider = "kubernetes"
            [kubernetes]
            kubeconfig = "{kubeconfig}"
            namespace = "{namespace}"
            agent_image = "{agent_image}"
            agent_callers = [{{ cidr = "{HUB_CIDR}" }}]
            egress_denied = ["{CLUSTER_CIDR}"]
            lost_node_s = 15
            "#
        )
    }

    /// Runs `kubectl` in this namespace.
    ///
    /// # Errors
    /// What it said.
    pub async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        kubectl(&self.within(arguments)).await
    }

    /// The same, in JSON.
    ///
    /// # Errors
    /// What it said.
    pub async fn kubectl_json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        kubectl_json(&self.within(arguments)).await
    }

    fn within<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        ["--namespace", &self.namespace].into_iter().chain(arguments.iter().copied()).collect()
    }

    /// Removes it with everything in it, without waiting for the end of that.
    ///
    /// # Errors
    /// What the cluster said.
    pub async fn remove(&self) -> anyhow::Result<()> {
        kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]).await.map(drop)
    }
}
