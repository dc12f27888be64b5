use domain::time::Timestamp;
use serde_json::{Value, json};

use super::*;

fn config() -> Config {
    let mut config = Config::new("sandboxes", "agent:1");
    config.runtime_class = Some("kata".to_owned());
    config.node_selector.insert("pool".to_owned(), "students".to_owned());
    let placements = json!({
        "fpga": {"node_selector": {"pool": "fpga"}, "tolerations": [{"key": "dedicated", "value": "fpga"}],
            "runtime_class": "", "gpu_resource": "example.com/gpu", "extended": {"example.com/fpga": 2}},
        "anywhere": {},
    });
    config.placements = serde_json::from_value(placements).unwrap();
    config
}

fn place<'a>(config: &'a Config, name: &str) -> Place<'a> {
    config.place(Some(&name.parse().unwrap())).unwrap()
}

/// A node that is well, with this on top.
fn node(more: &Value) -> Node {
    let mut text = json!({"metadata": {"name": "one", "labels": {"pool": "students"}}, "spec": {},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi"},
            "conditions": [{"type": "Ready", "status": "True"}]}});
    for (part, fields) in more.as_object().unwrap() {
        text[part].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    }
    serde_json::from_value(text).unwrap()
}

fn tainted(effect: &str) -> Node {
    node(&json!({"metadata": {"labels": {"pool": "fpga"}},
        "spec": {"taints": [{"key": "dedicated", "value": "fpga", "effect": effect}]}}))
}

#[test]
fn a_placement_is_as_it_says_and_inherits_runtime_and_gpus_alone() {
    let config = config();
    let all = config.default_place();
    assert_eq!((all.runtime_class, all.node_selector.len()), (Some("kata"), 1));
    let fpga = place(&config, "fpga");
    assert_eq!((fpga.runtime_class, fpga.gpu_resource), (None, "example.com/gpu"));
    let anywhere = place(&config, "anywhere");
    assert_eq!((anywhere.runtime_class, anywhere.gpu_resource), (Some("kata"), "nvidia.com/gpu"));
    assert!(anywhere.node_selector.is_empty() && anywhere.tolerations.is_empty());
    assert!(config.place(Some(&"gpu".parse().unwrap())).is_none());
    assert!(config.place(None).is_some());
    assert_eq!(config.places().count(), 3);
}

#[test]
fn machines_get_what_the_place_gives_and_their_gpus() {
    let config = config();
    let gpus = |gpus| Resources { gpus, ..Resources::default() };
    let fpgas = ("example.com/fpga".to_owned(), 2);
    assert_eq!(place(&config, "fpga").extended(gpus(0)), BTreeMap::from([fpgas.clone()]));
    let gpu = ("example.com/gpu".to_owned(), 1);
    assert_eq!(place(&config, "fpga").extended(gpus(1)), BTreeMap::from([fpgas, gpu]));
    assert_eq!(config.default_place().extended(gpus(0)), BTreeMap::new());
}

#[test]
fn each_place_has_its_nodes() {
    let config = config();
    let rows = [
        (node(&json!({})), [true, false, true]),
        (tainted("NoSchedule"), [false, true, false]),
        (tainted("PreferNoSchedule"), [false, true, true]),
    ];
    for (node, expected) in rows {
        let places = [config.default_place(), place(&config, "fpga"), place(&config, "anywhere")];
        assert_eq!(places.map(|place| place.takes_machines(&node)), expected, "{node:?}");
        assert_eq!(places.map(|place| place.may_take_machines(&node)), expected, "{node:?}");
    }
}

#[test]
fn a_node_that_is_unwell_takes_machines_later() {
    let config = config();
    let place = config.default_place();
    let lost = json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}});
    let cordoned = json!({"spec": {"unschedulable": true,
        "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}});
    for state in [lost, cordoned] {
        let node = node(&state);
        assert!(place.may_take_machines(&node) && !place.takes_machines(&node), "{state}");
        assert_eq!(room::is_lost(&node), state.get("status").is_some());
    }
}

#[test]
fn a_node_is_used_up_when_too_few_pieces_are_left() {
    let config = config();
    let with = |count: &str| node(&json!({"status": {"allocatable": {"example.com/fpga": count}}}));
    let pod = |node: &str, phase: &str| -> Arc<Pod> {
        let requests = json!({"requests": {"example.com/fpga": "2"}});
        let text = json!({"metadata": {}, "spec": {"nodeName": node,
            "containers": [{"name": "machine", "resources": requests}]}, "status": {"phase": phase}});
        Arc::new(serde_json::from_value(text).unwrap())
    };
    let fpga = place(&config, "fpga");
    let others = [pod("two", "Running"), pod("one", "Succeeded")];
    let ours = [pod("one", "Running")];
    for (count, pods, expected) in [
        ("1", &[][..], true),
        ("2", &[][..], false),
        ("2", &others[..], false),
        ("3", &ours[..], true),
        ("4", &ours[..], false),
    ] {
        assert_eq!(fpga.is_used_up(&with(count), pods), expected, "{count}, {pods:?}");
    }
    assert!(fpga.is_used_up(&node(&json!({})), &[]), "it has none at all");
    assert!(!config.default_place().is_used_up(&with("0"), &ours));
}

#[test]
fn a_pod_waits_for_a_node_of_its_own_place() {
    let config = config();
    let pod = |spec: Value| serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap();
    let rows = [
        (json!({"containers": [], "nodeName": "one"}), [true, true, true]),
        (json!({"containers": [], "nodeSelector": {"pool": "students"}}), [true, false, false]),
        (json!({"containers": [], "nodeSelector": {"pool": "fpga"}}), [false, true, false]),
        (json!({"containers": []}), [false, false, true]),
    ];
    for (spec, expected) in rows {
        let places = [config.default_place(), place(&config, "fpga"), place(&config, "anywhere")];
        assert_eq!(places.map(|place| place.is_taken_by(&pod(spec.clone()))), expected, "{spec}");
    }
}

/// One placement's nodes are room of the region, and room of no other placement.
#[test]
fn nodes_of_every_place_count_once() {
    let config = config();
    let (students, fpga) =
        (node(&json!({})), node(&json!({"metadata": {"name": "two", "labels": {"pool": "fpga"}}})));
    let (nodes, none) = ([students, fpga], std::iter::empty::<room::Taken>);
    let all = room::Room::new(&config, nodes.iter(), none(), none());
    assert_eq!(all.capacity(&config, Timestamp::default()).total.cpu_millis, 8000);
    let asked = Resources { cpu_millis: 1000, ..Resources::default() };
    for (open, expected) in [("two", room::Fit::Yes), ("three", room::Fit::NotNow)] {
        let fpga = place(&config, "fpga");
        let own = nodes.iter().filter(|node| fpga.may_take_machines(node));
        let room = room::Room::new(&config, own, none(), none()).only(|name| name == open);
        assert_eq!(room.fit(&config, asked), expected, "{open}");
        let large = Resources { cpu_millis: 5000, ..Resources::default() };
        assert_eq!(room.fit(&config, large), room::Fit::Never("cpu_millis"));
    }
}

#[test]
fn gpus_have_several_names_and_count_once() {
    let config = config();
    let amounts = [("nvidia.com/gpu", "4"), ("example.com/gpu", "1"), ("example.com/fpga", "9")];
    let amounts = amounts.map(|(name, count)| (name.to_owned(), Quantity(count.to_owned()))).into();
    assert_eq!(config.gpus(&amounts), 5);
    assert_eq!(Config::new("sandboxes", "agent:1").gpus(&amounts), 4);
}
