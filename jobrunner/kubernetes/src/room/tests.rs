use serde_json::json;

use super::*;

fn node(name: &str, cpu: &str, memory: &str) -> Node {
    serde_json::from_value(json!({"metadata": {"name": name, "labels": {"pool": "a"}}, "spec": {},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "ephemeral-storage": "10Gi"},
            "conditions": [{"type": "Ready", "status": "True"}]}}))
    .unwrap()
}

fn resources(cpu_millis: u64, memory_mib: u64) -> Resources {
    Resources { cpu_millis, memory_mib, disk_mib: 0, gpus: 0 }
}

fn room(config: &Config, nodes: &[Node], taken: Vec<Taken>) -> Room {
    Room::new(config, nodes.iter(), taken.into_iter(), std::iter::empty())
}

fn on(node: Option<&str>, resources: Resources) -> Taken {
    Taken { node: node.map(str::to_owned), resources }
}

/// CPUs of each node that are free, and that could be.
fn cpus(nodes: &[Nodes]) -> Vec<(u64, u64)> {
    nodes.iter().map(|nodes| (nodes.free.cpu_millis, nodes.room.cpu_millis)).collect()
}

#[test]
fn what_is_taken_is_counted_where_it_is() {
    let config = Config::new("sandboxes", "agent:1");
    let nodes = [node("one", "2", "4Gi"), node("two", "4", "8Gi")];
    let taken = |node: Option<&str>| on(node, resources(1500, 1024));
    let room = room(&config, &nodes, vec![taken(Some("one")), taken(None), taken(Some("elsewhere"))]);
    let capacity = room.capacity(&config, Timestamp::default());
    assert_eq!(capacity.total, Resources { disk_mib: 20_480, ..resources(6000, 12_288) });
    assert_eq!(capacity.used, resources(3000, 2048));
    assert_eq!(capacity.largest, Resources { disk_mib: 10_240, ..resources(4000, 8192) });
    assert_eq!(room.fit(&config, resources(2500, 1024)), Fit::Yes);
    assert_eq!(room.fit(&config, resources(4000, 1024)), Fit::NotNow, "what waits will be there");
    assert_eq!(room.fit(&config, resources(5000, 1024)), Fit::Never("cpu_millis"));
}

#[test]
fn room_is_told_node_by_node() {
    let config = Config::new("sandboxes", "agent:1");
    let nodes = [node("a", "2", "4Gi"), node("b", "2", "4Gi"), node("c", "2", "4Gi")];
    let ours = vec![
        on(Some("a"), resources(1500, 1024)),
        on(Some("gone"), resources(500, 64)),
        // Waiting, they take what they will get: both nodes that have room for such, and then nothing.
        on(None, resources(1000, 1024)),
        on(None, resources(1000, 1024)),
        on(None, resources(1800, 1024)),
    ];
    let others = vec![on(Some("b"), resources(300, 64)), on(None, resources(1000, 64))];
    let room = Room::new(&config, nodes.iter(), ours.into_iter(), others.into_iter());
    let capacity = room.capacity(&config, Timestamp::default());
    assert_eq!(cpus(&capacity.nodes), [(500, 2000), (700, 1700), (1000, 2000)]);
    assert_eq!(capacity.used.cpu_millis, 1500 + 300 + 2000 + 1800);
    assert_eq!(room.fit(&config, resources(1000, 64)), Fit::Yes);
    assert_eq!(room.fit(&config, resources(1200, 64)), Fit::NotNow, "in sum there is room for it");
}

#[test]
fn what_waits_for_nodes_to_come_is_taken_from_them() {
    let mut config = Config::new("sandboxes", "agent:1");
    config.autoscaled_nodes = vec![resources(4000, 8192), resources(4000, 8192)];
    let waiting = || on(None, resources(3000, 1024));
    let room = room(&config, &[node("one", "2", "4Gi")], vec![waiting(), waiting(), waiting()]);
    let capacity = room.capacity(&config, Timestamp::default());
    assert_eq!(cpus(&capacity.nodes), [(2000, 2000)]);
    assert_eq!(cpus(&capacity.coming), [(1000, 4000), (1000, 4000)]);
    assert_eq!((capacity.used.cpu_millis, capacity.total.cpu_millis), (9000, 2000));
}

#[test]
fn a_full_cluster_has_no_room_unless_it_grows() {
    let mut config = Config::new("sandboxes", "agent:1");
    let full = vec![on(Some("one"), resources(2000, 1024))];
    let room = room(&config, &[node("one", "2", "4Gi")], full);
    assert_eq!(room.fit(&config, resources(500, 128)), Fit::NotNow);
    config.autoscaled_nodes = vec![resources(8000, 16_384)];
    assert_eq!(room.fit(&config, resources(500, 128)), Fit::Yes);
    assert_eq!(room.fit(&config, resources(8000, 128)), Fit::Yes);
}

#[test]
fn only_nodes_that_take_machines_count() {
    let mut config = Config::new("sandboxes", "agent:1");
    let changed = |change: &dyn Fn(&mut Node)| {
        let mut node = node("one", "2", "4Gi");
        change(&mut node);
        node
    };
    let taint = |effect: &str| json!({"taints": [{"key": "dedicated", "value": "x", "effect": effect}]});
    let spec = |value| serde_json::from_value(value).unwrap();
    let cordoned = changed(&|node| node.spec = spec(json!({"unschedulable": true})));
    let tainted = changed(&|node| node.spec = spec(taint("NoSchedule")));
    let preferred = changed(&|node| node.spec = spec(taint("PreferNoSchedule")));
    let lost = changed(&|node| {
        node.status =
            serde_json::from_value(json!({"conditions": [{"type": "Ready", "status": "Unknown"}]})).unwrap();
    });
    assert!(is_lost(&lost) && !is_lost(&preferred));
    let takes =
        |config: &Config, node: &Node| may_take_machines(config, node) && takes_machines(config, node);
    assert!(![&cordoned, &tainted, &lost].into_iter().any(|node| takes(&config, node)));
    assert!(takes(&config, &preferred));
    config.tolerations = vec![crate::Toleration { key: "dedicated".to_owned(), value: None, effect: None }];
    assert!(takes(&config, &tainted));
    config.node_selector.insert("pool".to_owned(), "b".to_owned());
    assert!(!takes(&config, &tainted));
}

#[test]
fn what_is_too_large_is_not_said_of_nodes_that_are_unwell() {
    let config = Config::new("sandboxes", "agent:1");
    let mut unwell = node("one", "2", "4Gi");
    unwell.spec = serde_json::from_value(json!({"unschedulable": true, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}))
    .unwrap();
    let room = room(&config, &[unwell], vec![]);
    let capacity = room.capacity(&config, Timestamp::default());
    assert_eq!((capacity.total, capacity.largest.cpu_millis), (Resources::default(), 2000));
    assert_eq!(room.fit(&config, resources(1000, 128)), Fit::NotNow);
    assert_eq!(room.fit(&config, resources(3000, 128)), Fit::Never("cpu_millis"));
}

#[test]
fn a_pod_takes_what_its_containers_ask_for() {
    let config = Config::new("sandboxes", "agent:1");
    let requests =
        |cpu: &str| json!({"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}}});
    let mut pod: Pod = serde_json::from_value(json!({"metadata": {}, "spec": {"nodeName": "one",
        "initContainers": [requests("700m")], "containers": [requests("200m"), requests("300m")],
        "overhead": {"cpu": "50m"}}}))
    .unwrap();
    let expected = Taken { node: Some("one".to_owned()), resources: resources(750, 128) };
    assert_eq!(taken(&config, &pod), Some(expected));
    pod.status = serde_json::from_value(json!({"phase": "Failed"})).unwrap();
    assert_eq!(taken(&config, &pod), None);
}
