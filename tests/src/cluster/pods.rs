//! A namespace in which a region's machines are pods.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    Audit, CLUSTER_CIDR, HUB_CIDR, MACHINE_IMAGE, account, denials, kubectl, kubectl_json, namespace,
    variable,
};

/// A namespace for sandboxes, and an account with the rights that the chart gives to a jobrunner there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pods {
    /// Its name.
    pub namespace: String,
    /// Where the account is: the chart wants nothing of its own beside the sandboxes.
    roles: String,
    /// How the account reaches the cluster.
    pub kubeconfig: PathBuf,
    agent_image: String,
    audit: Audit,
}

impl Pods {
    /// Makes it.
    ///
    /// # Errors
    /// What is not set, or what the cluster said.
    pub async fn new(name: &str) -> anyhow::Result<Self> {
        let agent_image = variable("CLUSTER_AGENT_IMAGE")?;
        let sandboxes = format!("{name}-{}", std::process::id());
        let roles = format!("{sandboxes}-roles");
        tokio::try_join!(namespace(&sandboxes), namespace(&roles))?;
        let kubeconfig = account::jobrunner(&roles, &sandboxes).await?;
        Ok(Self { namespace: sandboxes, roles, kubeconfig, agent_image, audit: Audit::from_now() })
    }

    /// The same, reached by another configuration of the client.
    #[must_use]
    pub fn through(self, kubeconfig: &Path) -> Self {
        Self { kubeconfig: kubeconfig.to_owned(), ..self }
    }

    /// What a machine of a template runs: nothing of its own.
    #[must_use]
    pub fn runs() -> Value {
        json!({"container": {"image": MACHINE_IMAGE, "command": ["/bin/sleep", "2147483647"]}})
    }

    /// The sections of the configuration that make a region's machines pods of this namespace.
    #[must_use]
    pub fn configuration(&self) -> String {
        let Self { namespace, kubeconfig, agent_image, .. } = self;
        let kubeconfig = kubeconfig.display();
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

    /// That the account was refused nothing for want of rights; how often it has asked. What it asked between two such
    /// moments, while the API server knew nobody's rights yet, says nothing.
    ///
    /// # Errors
    /// What it was refused, or that it has asked nothing.
    pub fn nothing_was_denied(&self, unknown: &[(Timestamp, Timestamp)]) -> anyhow::Result<usize> {
        let user = account::user(&self.roles);
        let requests = self.audit.requests(&user)?;
        ensure!(!requests.is_empty(), "no request of {user} is in the audit log, so it says nothing");
        let denied = denials(&requests, unknown);
        ensure!(denied.is_empty(), "denied to {user}: {denied:#?}");
        Ok(requests.len())
    }

    /// Removes it with everything in it, without waiting for the end of that.
    ///
    /// # Errors
    /// What the cluster said.
    pub async fn remove(&self) -> anyhow::Result<()> {
        account::remove(&self.roles).await?;
        kubectl(&["delete", "namespace", &self.namespace, &self.roles, "--wait=false"]).await.map(drop)
    }
}
