//! `region doctor --cluster`: a cluster that is fit for a region, and each way in which one is not, with the remedy.

mod call;

use std::time::Duration;

use serde_json::json;
use tests::cluster::{Pods, apply, kubeconfig};
use tests::outside::until;

use self::call::{Call, marked};

/// An account that nobody gave any right.
const NOBODY: &str = "nobody";
const SEEN_DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fit_cluster_passes_with_the_rights_of_a_jobrunner() {
    let pods = Pods::new("fit").await.unwrap();
    let call = Call::new(&pods);
    let found = call.runs(&["--image", "registry.test/shell:1"]).await.unwrap();
    println!("{}", found.text);
    assert!(found.success && found.bad().is_empty(), "{}", found.text);
    let names = ["cluster", "rights", "nodes", "machine", "image", "storage", "network", "clock"];
    assert_eq!(found.names(), names);
    until("nothing is left", SEEN_DEADLINE, async || Ok(marked(&pods).await?.is_empty().then_some(())))
        .await
        .unwrap();
    pods.remove().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_told_with_its_remedy() {
    let rightless = Pods::new("rightless").await.unwrap();
    apply(&nobody(&rightless)).await.unwrap();
    let nobody = kubeconfig(&rightless.namespace, NOBODY).await.unwrap();
    let nobody = Call::new(&rightless).set("kubeconfig", nobody.to_str().unwrap());
    let classless = Pods::new("classless").await.unwrap();
    let no_class = Call::new(&classless).set("storage_class", "no-such-class");
    let imageless = Pods::new("imageless").await.unwrap();
    let no_image = Call::new(&imageless).set("agent_image", "registry.test/no-such-agent:1");
    let nodeless = Pods::new("nodeless").await.unwrap();
    let no_node = Call::new(&nodeless).set("node_selector.type", "no-such-node");
    let open = Pods::new("open").await.unwrap();
    apply(&allow_all(&open)).await.unwrap();
    let no_policy = Call::new(&open);

    let found = tokio::join!(
        nobody.runs(&[]),
        no_class.runs(&[]),
        no_image.runs(&[]),
        no_node.runs(&[]),
        no_policy.runs(&[])
    );
    let found = [found.0, found.1, found.2, found.3, found.4];
    let expected = [
        ("rights", "bind the chart's roles"),
        ("storage", "kubernetes.storage_class"),
        ("machine", "push the image"),
        ("nodes", "kubernetes.node_selector"),
        ("network", "enforces NetworkPolicy"),
    ];
    for (found, (name, remedy)) in found.into_iter().zip(expected) {
        let found = found.unwrap();
        println!("{}", found.text);
        assert!(!found.success);
        let bad = found.bad();
        let is_it = bad
            .iter()
            .any(|check| check["name"] == name && check["remedy"].as_str().unwrap().contains(remedy));
        assert!(is_it, "no {name} with {remedy}: {}", found.text);
        let only = found.bad().iter().all(|check| check["name"] == name);
        assert!(only, "more than {name} is bad: {}", found.text);
    }
    for pods in [rightless, classless, imageless, nodeless, open] {
        pods.remove().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_look_leaves_nothing() {
    let pods = Pods::new("interrupted").await.unwrap();
    let call = Call::new(&pods);
    let running = call.starts(&[]).unwrap();
    until("something was made", SEEN_DEADLINE, async || Ok((!marked(&pods).await?.is_empty()).then_some(())))
        .await
        .unwrap();
    let found = running.interrupted().await.unwrap();
    assert!(!found.success && found.text.contains("interrupted"), "{}", found.text);
    until("nothing is left", SEEN_DEADLINE, async || Ok(marked(&pods).await?.is_empty().then_some(())))
        .await
        .unwrap();
    pods.remove().await.unwrap();
}

fn nobody(pods: &Pods) -> serde_json::Value {
    let metadata = json!({"name": NOBODY, "namespace": pods.namespace});
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
}

/// What makes every other policy of the namespace worth nothing, as a network does that enforces none.
fn allow_all(pods: &Pods) -> serde_json::Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "allow-all", "namespace": pods.namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}})
}
