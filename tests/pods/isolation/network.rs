//! Where a student's processes get to, by what their template says of the network.

mod targets;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::cluster::{NODES, apply};
use tests::outside::until;

use self::targets::{DNS, OUTSIDE_A, OUTSIDE_B, Target, attempts, reachable};
use super::control::{self, Control};
use super::scene::{Kind, Sandbox, Scene};

/// How long a network may take until a policy that was taken away or put back holds.
const POLICY_DEADLINE: Duration = Duration::from_secs(30);
const AGENT_PORT: u16 = 7070;

type Names = BTreeSet<String>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_student_reaches_what_the_template_says_and_nothing_else() {
    let mut scene = Scene::start("network").await.unwrap();
    let control = Control::new("network").await.unwrap();
    let [closed, open, listed, other] = sandboxes(&mut scene).await;
    let mut targets = targets::of_the_cluster();
    targets.extend(strangers(&control).await);
    let others = [("another sandbox of this school", &open), ("a sandbox of another school", &other)];
    let theirs: Vec<_> = others.into_iter().flat_map(|(whose, sandbox)| doors(whose, sandbox)).collect();
    let names = |targets: &[Target]| targets.iter().map(|target| target.name.clone()).collect::<Names>();
    let (outside, everywhere) = (names(&targets), names(&[targets.clone(), theirs.clone()].concat()));

    // The targets are there: nothing stands between them and a pod without policy. Sandboxes let nobody in.
    let attempt = attempts(&[targets.clone(), theirs.clone()].concat());
    assert_eq!(reachable(&control.exec("stranger", &["sh", "-c", &attempt]).await.unwrap()), outside);
    for sandbox in [&open, &other] {
        let own = attempts(&doors("its own", &Sandbox { address: [127, 0, 0, 1].into(), ..sandbox.clone() }));
        assert_eq!(from(&mut scene, sandbox, &own).await.len(), 2, "its doors are open from within");
    }

    let only = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Names>();
    assert_eq!(from(&mut scene, &closed, &attempt).await, only(&[]), "egress: none");
    assert_eq!(
        from(&mut scene, &open, &without(&targets, &theirs, &open)).await,
        only(&[OUTSIDE_A, OUTSIDE_B, DNS])
    );
    assert_eq!(from(&mut scene, &listed, &attempt).await, only(&[OUTSIDE_A]), "egress: a list");

    // It is the policies that hold this.
    let policies = scene.pods.kubectl_json(&["get", "networkpolicies"]).await.unwrap();
    scene.pods.kubectl(&["delete", "networkpolicies", "--all"]).await.unwrap();
    settles(&mut scene, &closed, &attempt, &everywhere).await;
    assert_eq!(reachable(&control.exec("stranger", &["sh", "-c", &attempt]).await.unwrap()), everywhere);
    for policy in policies["items"].as_array().unwrap() {
        apply(&as_new(policy)).await.unwrap();
    }
    settles(&mut scene, &closed, &attempt, &only(&[])).await;
    control.remove().await.unwrap();
    scene.end().await.unwrap();
}

/// One of each class of egress, and one of another school; two have something to attack.
async fn sandboxes(scene: &mut Scene) -> [Sandbox; 4] {
    let list = json!([format!("{}/32", targets::OUTSIDE_A_ADDRESS)]);
    let kinds = [
        ("closed", "school-1", json!("none")),
        ("open", "school-1", json!("internet")),
        ("listed", "school-1", list),
        ("other", "school-2", json!("none")),
    ];
    let mut ids = Vec::new();
    for (name, tenant, egress) in kinds {
        ids.push(scene.create(name, tenant, Kind { egress, ..Kind::default() }).await.unwrap());
    }
    let mut ready = Vec::new();
    for id in &ids {
        ready.push(scene.ready(id).await.unwrap());
    }
    for sandbox in [&ready[1], &ready[3]] {
        let serve = format!("mkdir /tmp/www && httpd -p {} -h /tmp/www", control::PORT);
        scene.exec(sandbox, &["sh", "-c", &serve]).await.unwrap();
    }
    ready.try_into().unwrap()
}

/// A foreign pod that serves, reached directly and by a port of each node.
async fn strangers(control: &Control) -> Vec<Target> {
    let address = control.unlimited("stranger", NODES[1].0).await.unwrap();
    let port = control.node_port("stranger").await.unwrap();
    let nodes = NODES.map(|(node, address)| Target::new(format!("a port of {node}"), address, port));
    let pod = Target::new("a foreign pod", &address, control::PORT);
    nodes.into_iter().chain([pod]).collect()
}

/// What listens in a sandbox: the agent, and a student's own server.
fn doors(whose: &str, sandbox: &Sandbox) -> [Target; 2] {
    let address = sandbox.address.to_string();
    [
        Target::new(format!("the agent of {whose}"), &address, AGENT_PORT),
        Target::new(format!("a server of {whose}"), &address, control::PORT),
    ]
}

/// Attempts on everything but the sandbox itself, whose own doors are open to it.
fn without(targets: &[Target], theirs: &[Target], sandbox: &Sandbox) -> String {
    let own = sandbox.address.to_string();
    let all = targets.iter().chain(theirs).filter(|target| target.address != own);
    attempts(&all.cloned().collect::<Vec<_>>())
}

async fn from(scene: &mut Scene, sandbox: &Sandbox, attempt: &str) -> Names {
    reachable(&scene.exec(sandbox, &["sh", "-c", attempt]).await.unwrap().text)
}

async fn settles(scene: &mut Scene, sandbox: &Sandbox, attempt: &str, expected: &Names) {
    let mut last = Err(anyhow::anyhow!("nothing was tried"));
    let settled = until("the network follows its policies", POLICY_DEADLINE, async || {
        // Until the last policy is back, the agent too may be out of reach.
        last = scene.exec(sandbox, &["sh", "-c", attempt]).await.map(|said| reachable(&said.text));
        Ok(last.as_ref().is_ok_and(|names| names == expected).then_some(()))
    });
    let settled = settled.await;
    assert!(settled.is_ok(), "reached {last:?} and not {expected:?}");
}

/// An object without what the cluster has added to it.
fn as_new(object: &Value) -> Value {
    let metadata = &object["metadata"];
    json!({"apiVersion": object["apiVersion"], "kind": object["kind"], "spec": object["spec"],
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "labels": metadata["labels"]}})
}
