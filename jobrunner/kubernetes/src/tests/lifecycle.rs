use domain::cause::Code;
use domain::provider::conformance::{Bench as _, Setting};
use domain::provider::{Error, MachineSpec, Provider as _, Resource, State};
use domain::template::Machine;
use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;

use super::bench::{ClusterBench, machine};

/// A process that starts sees what runs, takes it for its own, and hits nothing new with an old call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_process_adopts_what_runs() {
    let bench = ClusterBench::new("adopts").await;
    let setting = Setting::new(&bench);
    let id = setting.made(setting.spec(2)).await;
    let again = bench.again().await;
    let listed = again.list().await.unwrap();
    assert!(listed.resources.iter().any(|resource| resource.id == id));
    assert_eq!(again.ensure(&setting.batch(vec![setting.spec(2)])).await, [Ok(id.clone())]);
    let early = again.ensure(&setting.batch(vec![setting.spec(1)])).await;
    assert!(matches!(early[..], [Err(Error::Rejected { .. })]), "{early:?}");
    setting.runs(&id).await;
    setting.clean().await;
    bench.remove().await;
}

/// A placement has nodes of its own; where it has none that is free, a machine waits and nothing is made elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_placement_leads_to_its_nodes() {
    let bench = ClusterBench::new("placements").await;
    let setting = Setting::new(&bench);
    let placed = |name: &str| {
        let machine = Machine { home: None, ..setting.named(name) };
        setting.spec_of(Machine { placement: Some(name.parse().unwrap()), ..machine }, 1)
    };
    let id = setting.made(placed("linux")).await;
    setting.runs(&id).await;
    for name in ["empty", "lacking"] {
        let answer = setting.ensure(placed(name)).await;
        assert!(matches!(answer, Err(Error::NoCapacity { .. })), "{name}: {answer:?}");
    }
    assert_eq!(setting.machines().await.len(), 1);
    setting.clean().await;
    bench.remove().await;
}

/// A machine that waits says for what.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn causes_are_told() {
    let bench = ClusterBench::new("causes").await;
    let setting = Setting::new(&bench);
    let missing = json!({"container": {"image": "registry.test/no-such-image:1", "command": ["/bin/true"]}});
    let missing = Machine { name: "missing".parse().unwrap(), home: None, ..machine(&missing) };
    setting.made(setting.spec_of(missing, 1)).await;
    let waits =
        |r: &Resource| matches!(&r.state, State::Pending(Some(wait)) if wait.code == Code::ImageMissing);
    setting.machines_until("the image is missing", |all| all.iter().any(waits)).await;
    setting.clean().await;
    bench.remove().await;
}

/// Machines of one sandbox have a service and a policy of their own, which go with the last of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_have_their_network_as_long_as_one_is_there() {
    let bench = ClusterBench::new("peers").await;
    let setting = Setting::new(&bench);
    let names = ["one", "two"];
    for (name, peer) in names.into_iter().zip(names.into_iter().rev()) {
        let spec = setting.spec_of(Machine { home: None, ..setting.named(name) }, 1);
        setting.made(MachineSpec { peers: vec![peer.parse().unwrap()], ..spec }).await;
    }
    setting.machines_until("both run", |all| all.iter().all(|r| r.state == State::Running)).await;
    let services: Api<Service> = Api::namespaced(bench.client.clone(), &bench.config.namespace);
    let listed = services.list(&ListParams::default()).await.unwrap().items;
    let owners = listed.first().and_then(|service| service.metadata.owner_references.clone());
    assert_eq!((listed.len(), owners.unwrap_or_default().len()), (1, 2));
    setting.clean().await;
    let mut left = listed.len();
    for _ in 0..bench.pauses_max() {
        left = services.list(&ListParams::default()).await.unwrap().items.len();
        if left == 0 {
            break;
        }
        bench.pause().await;
    }
    assert_eq!(left, 0, "the cluster removes it with the last pod");
    bench.remove().await;
}
