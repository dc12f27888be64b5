//! What is not the region's, and looks like it: objects of a copy of the region in a namespace beside it, and in the
//! region's own namespace pods and volumes with its labels. Nobody drives them.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::cluster::{self, MACHINE_IMAGE, Pods, kubectl};

/// What must stay, by namespace, kind and name: its uid.
#[derive(Debug)]
pub(super) struct Strangers {
    copy: String,
    uids: BTreeMap<(String, &'static str, String), String>,
}

impl Strangers {
    /// Comes in, beside a pod of the region, onto the same node.
    ///
    /// # Errors
    /// What the cluster says.
    pub(super) async fn come(pods: &Pods, pod: &Value) -> anyhow::Result<Self> {
        let copy = format!("{}-copy", pods.namespace);
        cluster::namespace(&copy).await?;
        let mut strangers = Self { copy: copy.clone(), uids: BTreeMap::new() };
        let labels = &pod["metadata"]["labels"];
        let (name, node) =
            (pod["metadata"]["name"].as_str().context("a pod without name")?, &pod["spec"]["nodeName"]);
        let mut others = labels.clone();
        others["qingjiao.io/region"] = json!("elsewhere");
        let mut unreadable = labels.clone();
        unreadable["qingjiao.io/incarnation"] = json!("third");
        let own = pods.namespace.as_str();
        for (namespace, name, labels) in [
            (copy.as_str(), name.to_owned(), labels),
            (own, format!("elsewhere-{name}"), &others),
            (own, "look-alike".to_owned(), labels),
            (own, "unreadable".to_owned(), &unreadable),
        ] {
            strangers.add(namespace, "pod", &name, &stranger(namespace, &name, labels, node)).await?;
            let claim = format!("{name}-home-1");
            strangers
                .add(namespace, "persistentvolumeclaim", &claim, &volume(namespace, &claim, labels))
                .await?;
        }
        Ok(strangers)
    }

    async fn add(
        &mut self,
        namespace: &str,
        kind: &'static str,
        name: &str,
        object: &Value,
    ) -> anyhow::Result<()> {
        cluster::apply(object).await?;
        let uid = uid(namespace, kind, name).await?;
        self.uids.insert((namespace.to_owned(), kind, name.to_owned()), uid);
        Ok(())
    }

    /// Whether all are still there.
    ///
    /// # Errors
    /// Which was touched.
    pub(super) async fn are_untouched(&self) -> anyhow::Result<()> {
        for ((namespace, kind, name), before) in &self.uids {
            let now = uid(namespace, kind, name).await?;
            ensure!(now == *before, "{kind} {name} in {namespace} is not what it was: {before}, now {now}");
        }
        Ok(())
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.uids.len()
    }

    /// Goes again.
    ///
    /// # Errors
    /// What the cluster says.
    pub(super) async fn leave(&self) -> anyhow::Result<()> {
        kubectl(&["delete", "namespace", &self.copy, "--wait=false"]).await.map(drop)
    }
}

/// With the moment of its removal, should somebody have asked for that.
async fn uid(namespace: &str, kind: &str, name: &str) -> anyhow::Result<String> {
    let path = "jsonpath={.metadata.uid}{.metadata.deletionTimestamp}";
    kubectl(&["--namespace", namespace, "get", kind, name, "--output", path]).await
}

fn stranger(namespace: &str, name: &str, labels: &Value, node: &Value) -> Value {
    let security = json!({"allowPrivilegeEscalation": false, "runAsNonRoot": true, "runAsUser": 1000,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false,
            "containers": [{"name": "main", "image": MACHINE_IMAGE, "command": ["/bin/sleep", "2147483647"],
                "securityContext": security}]}})
}

fn volume(namespace: &str, name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}})
}
