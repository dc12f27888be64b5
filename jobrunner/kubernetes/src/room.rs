//! How much room nodes have, and how much of it pods take: pure.

use std::collections::BTreeMap;

use domain::provider::Capacity;
use domain::resources::Resources;
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::{Container, Node, Pod, Taint};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::Config;
use crate::quantity;

/// Taints by which the cluster says how a node is at the moment.
const PASSING_TAINTS: &str = "node.kubernetes.io/";

/// What a pod takes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its node; none while it waits for one.
    pub(crate) node: Option<String>,
    /// What it asks for.
    pub(crate) resources: Resources,
}

/// What machines may use of each node, by the node's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    nodes: BTreeMap<String, Share>,
    waiting: Resources,
    /// What each node has that may take machines, though it may not at the moment.
    shapes: Vec<Resources>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    total: Resources,
    used: Resources,
}

/// Whether a machine fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It fits, or may once an autoscaler has acted.
    Yes,
    /// Not now.
    NotNow,
    /// On no node there is or may come, for lack of this.
    Never(&'static str),
}

impl Room {
    /// The room of nodes that take machines, with what pods take of it.
    pub(crate) fn new<'a>(
        config: &Config,
        nodes: impl Iterator<Item = &'a Node>,
        taken: impl Iterator<Item = Taken>,
    ) -> Self {
        let mut room = Self::default();
        for node in nodes.filter(|node| may_take_machines(config, node)) {
            let total = allocatable(config, node);
            room.shapes.push(total);
            if let Some(name) = node.metadata.name.clone().filter(|_| takes_machines(config, node)) {
                room.nodes.insert(name, Share { total, used: Resources::default() });
            }
        }
        for Taken { node, resources } in taken {
            match node {
                None => room.waiting = room.waiting.plus(resources),
                Some(name) => {
                    if let Some(node) = room.nodes.get_mut(&name) {
                        node.used = node.used.plus(resources);
                    }
                }
            }
        }
        room
    }

    /// All of it as a provider tells it.
    pub(crate) fn capacity(&self, config: &Config, as_of: Timestamp) -> Capacity {
        let total = self.nodes.values().map(|node| node.total).sum();
        let used: Resources = self.nodes.values().map(|node| node.used).sum();
        let largest = self.shapes(config).max_by_key(|shape| (shape.memory_mib, shape.cpu_millis));
        Capacity { as_of, total, used: used.plus(self.waiting), largest: largest.unwrap_or_default() }
    }

    /// Whether a machine that asks for this fits.
    pub(crate) fn fit(&self, config: &Config, asked: Resources) -> Fit {
        let has_nodes = self.shapes(config).next().is_some();
        if has_nodes && !self.shapes(config).any(|shape| asked.fits(shape)) {
            let capacity = self.capacity(config, Timestamp::default());
            return Fit::Never(asked.first_excess(capacity.largest).unwrap_or("cpu_millis"));
        }
        let fits_now = self.nodes.values().any(|node| node.used.plus(asked).fits(node.total));
        if fits_now || !config.autoscaled_nodes.is_empty() { Fit::Yes } else { Fit::NotNow }
    }

    /// Nodes that there are or may come, empty.
    fn shapes(&self, config: &Config) -> impl Iterator<Item = Resources> {
        self.shapes.iter().copied().chain(config.autoscaled_nodes.iter().copied())
    }
}

/// What a pod takes; none once it has ended.
pub(crate) fn taken(config: &Config, pod: &Pod) -> Option<Taken> {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if matches!(phase, Some("Succeeded" | "Failed")) {
        return None;
    }
    let spec = pod.spec.as_ref()?;
    let main: Resources = spec.containers.iter().map(|container| requested(config, container)).sum();
    let inits = spec.init_containers.as_deref().unwrap_or_default();
    // Init containers run one after the other, before the others.
    let resources = inits.iter().map(|container| requested(config, container)).fold(main, larger);
    let overhead = spec.overhead.as_ref().map(|overhead| asked(config, overhead)).unwrap_or_default();
    Some(Taken { node: spec.node_name.clone(), resources: resources.plus(overhead) })
}

fn requested(config: &Config, container: &Container) -> Resources {
    let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    requests.map(|requests| asked(config, requests)).unwrap_or_default()
}

fn larger(one: Resources, other: Resources) -> Resources {
    Resources {
        cpu_millis: one.cpu_millis.max(other.cpu_millis),
        memory_mib: one.memory_mib.max(other.memory_mib),
        disk_mib: one.disk_mib.max(other.disk_mib),
        gpus: one.gpus.max(other.gpus),
    }
}

fn asked(config: &Config, amounts: &BTreeMap<String, Quantity>) -> Resources {
    Resources {
        cpu_millis: amounts.get("cpu").map_or(0, quantity::millis),
        memory_mib: amounts.get("memory").map_or(0, quantity::mib),
        disk_mib: amounts.get("ephemeral-storage").map_or(0, quantity::mib),
        gpus: amounts.get(&config.gpu_resource).map_or(0, quantity::count),
    }
}

fn allocatable(config: &Config, node: &Node) -> Resources {
    let amounts = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
    let amount = |key: &str| amounts.and_then(|amounts| amounts.get(key));
    Resources {
        cpu_millis: amount("cpu").map_or(0, quantity::millis),
        memory_mib: amount("memory").map_or(0, quantity::whole_mib),
        disk_mib: amount("ephemeral-storage").map_or(0, quantity::whole_mib),
        gpus: amount(&config.gpu_resource).map_or(0, quantity::count),
    }
}

/// Whether machines run on a node now.
fn takes_machines(config: &Config, node: &Node) -> bool {
    let is_cordoned = node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false);
    !is_cordoned && is_ready(node) && taints(node).iter().all(|taint| is_tolerated(config, taint))
}

/// Whether machines run on a node when it is well: not ready and cordoned are no properties of a node.
fn may_take_machines(config: &Config, node: &Node) -> bool {
    let is_passing = |taint: &Taint| taint.key.starts_with(PASSING_TAINTS);
    let labels = node.metadata.labels.as_ref();
    let is_selected = config
        .node_selector
        .iter()
        .all(|(key, value)| labels.is_some_and(|labels| labels.get(key) == Some(value)));
    is_selected && taints(node).iter().all(|taint| is_passing(taint) || is_tolerated(config, taint))
}

fn taints(node: &Node) -> &[Taint] {
    node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
}

fn is_tolerated(config: &Config, taint: &Taint) -> bool {
    taint.effect == "PreferNoSchedule"
        || config.tolerations.iter().any(|toleration| {
            let same_value =
                toleration.value.is_none() || toleration.value.as_deref() == taint.value.as_deref();
            let same_effect = toleration.effect.as_deref().is_none_or(|effect| effect == taint.effect);
            toleration.key == taint.key && same_value && same_effect
        })
}

fn is_ready(node: &Node) -> bool {
    condition(node) == Some("True")
}

/// Whether a node no longer says that it lives.
pub(crate) fn is_lost(node: &Node) -> bool {
    condition(node) == Some("Unknown")
}

fn condition(node: &Node) -> Option<&str> {
    let conditions = node.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == "Ready").map(|condition| condition.status.as_str())
}

#[cfg(test)]
mod tests {
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
        Room::new(config, nodes.iter(), taken.into_iter())
    }

    #[test]
    fn what_is_taken_is_counted_where_it_is() {
        let config = Config::new("sandboxes", "agent:1");
        let nodes = [node("one", "2", "4Gi"), node("two", "4", "8Gi")];
        let taken =
            |node: Option<&str>| Taken { node: node.map(str::to_owned), resources: resources(1500, 1024) };
        let room = room(&config, &nodes, vec![taken(Some("one")), taken(None), taken(Some("elsewhere"))]);
        let capacity = room.capacity(&config, Timestamp::default());
        assert_eq!(capacity.total, Resources { disk_mib: 20_480, ..resources(6000, 12_288) });
        assert_eq!(capacity.used, resources(3000, 2048));
        assert_eq!(capacity.largest, Resources { disk_mib: 10_240, ..resources(4000, 8192) });
        assert_eq!(room.fit(&config, resources(4000, 1024)), Fit::Yes);
        assert_eq!(room.fit(&config, resources(5000, 1024)), Fit::Never("cpu_millis"));
    }

    #[test]
    fn a_full_cluster_has_no_room_unless_it_grows() {
        let mut config = Config::new("sandboxes", "agent:1");
        let full = vec![Taken { node: Some("one".to_owned()), resources: resources(2000, 1024) }];
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
                serde_json::from_value(json!({"conditions": [{"type": "Ready", "status": "Unknown"}]}))
                    .unwrap();
        });
        assert!(is_lost(&lost) && !is_lost(&preferred));
        let takes =
            |config: &Config, node: &Node| may_take_machines(config, node) && takes_machines(config, node);
        assert!(![&cordoned, &tainted, &lost].into_iter().any(|node| takes(&config, node)));
        assert!(takes(&config, &preferred));
        config.tolerations =
            vec![crate::Toleration { key: "dedicated".to_owned(), value: None, effect: None }];
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
}
