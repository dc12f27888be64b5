//! Objects against golden files; `UPDATE_GOLDEN=1` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;

use domain::provider::{Kind, MachineSpec, StoreEpoch, Tags};
use domain::template::{Egress, Machine, Network, Runs, Template};
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{class, home, listed, names, network, pod, standing};
use crate::names::ObjectId;
use crate::{Caller, Config, Toleration};

const UPDATE: &str = "UPDATE_GOLDEN";

fn now() -> Timestamp {
    "2026-09-01T08:00:00.25Z".parse().unwrap()
}

fn config() -> Config {
    let labels = BTreeMap::from([("app.kubernetes.io/component".to_owned(), "proxy".to_owned())]);
    let mut config = Config::new("sandboxes", "registry.example.com/agent:1");
    config.agent_callers = vec![
        Caller::Pods { namespace: "region".to_owned(), labels },
        Caller::Cidr("192.0.2.1/32".to_owned()),
    ];
    config
}

fn everything() -> Config {
    let mut config = config();
    config.image_pull_secret = Some("pull".to_owned());
    config.runtime_class = Some("kata".to_owned());
    config.priority_class = Some("students".to_owned());
    config.storage_class = Some("fast".to_owned());
    config.node_selector = BTreeMap::from([("pool".to_owned(), "students".to_owned())]);
    let value = Some("students".to_owned());
    config.tolerations =
        vec![Toleration { key: "dedicated".to_owned(), value, effect: Some("NoSchedule".to_owned()) }];
    config.egress_denied = vec!["203.0.113.9/32".to_owned()];
    config
}

fn spec(machine: &Value) -> MachineSpec {
    let mut text = json!({"name": "main", "resources": {"cpu_millis": 500, "memory_mib": 128}});
    text.as_object_mut().unwrap().extend(machine.as_object().unwrap().clone());
    let machine: Machine = Template::parse(&json!({"machines": [text]})).unwrap().machines.remove(0);
    MachineSpec {
        tags: Tags {
            region: "bj".parse().unwrap(),
            epoch: StoreEpoch("E7".to_owned()),
            sandbox: "bj-abcdefghij234567".parse().unwrap(),
            machine: machine.name.clone(),
            incarnation: 3,
            creation_number: 41,
        },
        tenant: "school-9".parse().unwrap(),
        machine,
        peers: Vec::new(),
        network: Network::default(),
        home_generation: 2,
        deadline_s: 32_400,
        agent_keys: BTreeMap::from([("k1".to_owned(), "a2V5".to_owned())]),
    }
}

fn pod_of(config: &Config, spec: &MachineSpec) -> Value {
    let Runs::Container(image) = &spec.machine.runs else { unreachable!("it is a container") };
    let class = class(config, &spec.network.egress).unwrap();
    let place = config.place(spec.machine.placement.as_ref()).unwrap();
    serde_json::to_value(pod(&place, spec, image, &class, now())).unwrap()
}

fn compare(name: &str, made: &impl Serialize) {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("src/manifest/golden");
    let file = folder.join(format!("{name}.json"));
    let made = serde_json::to_string_pretty(made).unwrap() + "\n";
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(made, golden, "{name} has drifted: if that is meant, run with {UPDATE}=1");
}

#[test]
fn a_machine_without_home_is_one_pod() {
    let spec = spec(&json!({"runs": {"container": {"image": "lab:1.4"}}}));
    compare("pod", &pod_of(&config(), &spec));
    assert_eq!(home(&config(), &spec, now()), None);
}

#[test]
fn a_machine_with_everything() {
    let machine = json!({"runs": {"container": {"image": "lab:1.4", "command": ["/opt/lab", "--serve"]}},
        "env": {"TZ": "Asia/Shanghai"}, "home": {"path": "/home/student", "size_mib": 5120},
        "resources": {"cpu_millis": 1500, "memory_mib": 2048, "disk_mib": 10240, "gpus": 1}});
    let mut spec = spec(&machine);
    spec.network.egress = Egress::List(vec!["203.0.113.0/24".to_owned(), "198.51.100.7/32".to_owned()]);
    let config = everything();
    compare("pod-everything", &pod_of(&config, &spec));
    compare("home", &home(&config, &spec, now()));
    let class = class(&config, &spec.network.egress).unwrap();
    compare("policy-listed", &listed(&config, "bj", &class));
}

#[test]
fn a_machine_with_a_placement() {
    let machine = json!({"runs": {"container": {"image": "lab:1.4"}}, "placement": "accelerated",
        "resources": {"cpu_millis": 1500, "memory_mib": 2048, "gpus": 1}});
    let mut config = everything();
    let accelerated = json!({"node_selector": {"pool": "accelerated"},
        "tolerations": [{"key": "accelerated"}], "runtime_class": "nvidia",
        "gpu_resource": "example.com/gpu", "extended": {"example.com/fpga": 2}});
    config.placements.insert("accelerated".parse().unwrap(), serde_json::from_value(accelerated).unwrap());
    compare("pod-placement", &pod_of(&config, &spec(&machine)));
}

#[test]
fn machines_of_one_sandbox_find_each_other() {
    let mut spec = spec(&json!({"runs": {"container": {"image": "lab:1.4", "command": ["/opt/lab"]}}}));
    spec.peers = vec!["db".parse().unwrap()];
    let pod =
        ObjectId { kind: Kind::Machine, name: "bj-abcdefghij234567-main".to_owned(), uid: "u-1".to_owned() };
    compare("pod-peers", &pod_of(&config(), &spec));
    compare("peers", &(names(&config(), &spec, &pod), network(&config(), &spec, &pod)));
}

#[test]
fn the_standing_policies() {
    compare("policies", &standing(&config(), "bj"));
}

#[test]
fn nobody_reaches_agents_when_no_caller_is_named() {
    let policies = standing(&Config::new("sandboxes", "agent:1"), "bj");
    let agent = policies.iter().find(|policy| policy.metadata.name.as_deref() == Some("bj-agent")).unwrap();
    assert_eq!(agent.spec.as_ref().unwrap().ingress, Some(vec![]));
}
