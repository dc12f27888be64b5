//! A namespace of somebody else: no policy and no limit is there, so every attempt succeeds. And what is attacked.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tests::cluster::{MACHINE_IMAGE, apply, kubectl, kubectl_json};
use tests::outside::until;

/// How long its pods may take to run.
const READY_DEADLINE: Duration = Duration::from_secs(60);
/// Where its server listens.
pub(super) const PORT: u16 = 8080;

/// The namespace.
#[derive(Debug)]
pub(super) struct Control {
    namespace: String,
}

impl Control {
    pub(super) async fn new(name: &str) -> anyhow::Result<Self> {
        let namespace = format!("{name}-control-{}", std::process::id());
        apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})).await?;
        let control = Self { namespace };
        until("the namespace has its account", READY_DEADLINE, async || {
            Ok(control.kubectl(&["get", "serviceaccount", "default"]).await.ok())
        })
        .await?;
        Ok(control)
    }

    /// A pod like a student's, but that nothing limits: root, privileged, with the node's processes. Its address.
    pub(super) async fn unlimited(&self, name: &str, node: &str) -> anyhow::Result<String> {
        let serve = format!("mkdir /tmp/www; exec httpd -f -p {PORT} -h /tmp/www");
        let container = json!({"name": "main", "image": MACHINE_IMAGE, "command": ["sh", "-c", serve],
            "securityContext": {"privileged": true, "runAsUser": 0}});
        let spec = json!({"nodeName": node, "hostPID": true, "terminationGracePeriodSeconds": 0,
            "containers": [container]});
        self.make("Pod", name, &spec).await?;
        let ready = ["wait", &format!("pod/{name}"), "--for=condition=Ready", "--timeout=60s"];
        self.kubectl(&ready).await?;
        self.kubectl(&["get", "pod", name, "--output", "jsonpath={.status.podIP}"]).await
    }

    /// A service that leads from a port of every node to a pod; the port.
    pub(super) async fn node_port(&self, pod: &str) -> anyhow::Result<u16> {
        let spec = json!({"type": "NodePort", "selector": {"name": pod}, "ports": [{"port": PORT}]});
        self.make("Service", "door", &spec).await?;
        let args = ["--namespace", &self.namespace, "get", "service", "door"];
        let port = kubectl_json(&args).await?["spec"]["ports"][0]["nodePort"].as_u64();
        Ok(u16::try_from(port.context("a service without a node's port")?)?)
    }

    async fn make(&self, kind: &str, name: &str, spec: &Value) -> anyhow::Result<()> {
        let metadata = json!({"name": name, "namespace": self.namespace, "labels": {"name": name}});
        apply(&json!({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec})).await
    }

    /// Runs a command in one of its pods.
    pub(super) async fn exec(&self, pod: &str, argv: &[&str]) -> anyhow::Result<String> {
        let all: Vec<_> = ["exec", pod, "--"].iter().chain(argv).copied().collect();
        self.kubectl(&all).await
    }

    async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let all: Vec<_> = ["--namespace", &self.namespace].iter().chain(arguments).copied().collect();
        kubectl(&all).await
    }

    pub(super) async fn remove(self) -> anyhow::Result<()> {
        kubectl(&["delete", "namespace", &self.namespace, "--wait=false"]).await.map(drop)
    }
}
