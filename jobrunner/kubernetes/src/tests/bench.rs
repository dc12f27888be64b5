//! Two regions in a namespace of their own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::id::RegionName;
use domain::provider::Provider;
use domain::provider::conformance::Bench;
use domain::template::{Machine, Template};
use domain::time::{Clock as _, SystemClock, Timestamp};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DeleteParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::{Config, Kubernetes, connect};

/// Between two looks; there are at most two minutes' worth of them.
const PAUSE: Duration = Duration::from_millis(60);

pub(super) struct ClusterBench {
    pub(super) provider: Kubernetes,
    other: Kubernetes,
    pub(super) client: Client,
    pub(super) config: Config,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("set {name}: see src/tests.rs"))
}

impl ClusterBench {
    pub(super) async fn new(name: &str) -> Self {
        let mut config =
            Config::new(format!("test-{name}-{}", std::process::id()), variable("CLUSTER_AGENT_IMAGE"));
        config.kubeconfig = Some(variable("KUBECONFIG").into());
        config.placements = serde_json::from_value(json!({
            "linux": {"node_selector": {"kubernetes.io/os": "linux"}},
            "empty": {"node_selector": {"qingjiao.io/no-such-label": "x"}},
            "lacking": {"extended": {"example.com/no-such-resource": 1}},
        }))
        .unwrap();
        let client = connect::client(&config).await.unwrap();
        namespace(&client, &config.namespace).await;
        let [provider, other] = [open(&config, "bj").await, open(&config, "gd").await];
        Self { provider, other, client, config }
    }

    /// Another process of the same region, as after a restart.
    pub(super) async fn again(&self) -> Kubernetes {
        open(&self.config, "bj").await
    }

    /// Removes the namespace. What a failed test leaves is in a namespace that says so.
    pub(super) async fn remove(&self) {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        namespaces.delete(&self.config.namespace, &DeleteParams::default()).await.unwrap();
    }
}

async fn open(config: &Config, region: &str) -> Kubernetes {
    Kubernetes::open(region.parse().unwrap(), config.clone(), Arc::new(SystemClock)).await.unwrap()
}

/// A namespace that refuses everything that is not restricted.
async fn namespace(client: &Client, name: &str) {
    let namespace = json!({"metadata": {"name": name,
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    let namespace: Namespace = serde_json::from_value(namespace).unwrap();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces.create(&PostParams::default(), &namespace).await.unwrap();
}

#[async_trait]
impl Bench for ClusterBench {
    fn provider(&self) -> &dyn Provider {
        &self.provider
    }
    fn region(&self) -> RegionName {
        "bj".parse().unwrap()
    }
    fn other_region(&self) -> (&dyn Provider, RegionName) {
        (&self.other, "gd".parse().unwrap())
    }
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
    fn machine(&self) -> Machine {
        machine(
            &json!({"container": {"image": variable("CLUSTER_MACHINE_IMAGE"), "command": ["/bin/sleep", "3600"]}}),
        )
    }
    fn foreign_machine(&self) -> Option<Machine> {
        Some(machine(&json!({"process": {}})))
    }
    fn agent_keys(&self) -> BTreeMap<String, String> {
        let signer = domain::token::Signer::new(&domain::secret::Secret::new(&"s".repeat(32)).unwrap());
        [signer.public()].into()
    }
    async fn pause(&self) {
        tokio::time::sleep(PAUSE).await;
    }
}

pub(super) fn machine(runs: &Value) -> Machine {
    let text = json!({"machines": [{"name": "main", "runs": runs,
        "resources": {"cpu_millis": 100, "memory_mib": 64}, "home": {"path": "/home/student", "size_mib": 64}}]});
    Template::parse(&text).unwrap().machines.remove(0)
}
