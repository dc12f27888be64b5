//! How much room nodes have, and how much of it pods take: pure.

mod lacking;

use std::collections::BTreeMap;

use domain::provider::{Capacity, Nodes};
use domain::resources::Resources;
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::{Container, Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::Config;
use crate::quantity;

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
    /// Nodes that an autoscaler may add, with what waits for them.
    coming: Vec<Share>,
    /// What waits for room that there is nowhere.
    waiting: Resources,
    /// What each node has that may take machines, though it may not at the moment.
    shapes: Vec<Resources>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    total: Resources,
    used: Resources,
    /// The part of it that is not this region's: nobody gives it back to the queue.
    by_others: Resources,
}

impl Share {
    fn of(total: Resources) -> Self {
        Self { total, ..Self::default() }
    }

    fn take(&mut self, resources: Resources) {
        self.used = self.used.plus(resources);
    }

    fn free(&self) -> Resources {
        self.total.minus(self.used)
    }

    fn nodes(&self) -> Nodes {
        Nodes { count: 1, room: self.total.minus(self.by_others), free: self.free() }
    }
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
    /// The room of nodes that take machines, with what this region's pods and others take of it. A pod that waits for
    /// a node takes the room that it will probably get.
    pub(crate) fn new<'a>(
        config: &Config,
        nodes: impl Iterator<Item = &'a Node>,
        ours: impl Iterator<Item = Taken>,
        others: impl Iterator<Item = Taken>,
    ) -> Self {
        let coming = config.autoscaled_nodes.iter().copied().map(Share::of).collect();
        let mut room = Self { coming, ..Self::default() };
        for node in nodes.filter(|node| may_take_machines(config, node)) {
            let total = allocatable(config, node);
            room.shapes.push(total);
            if let Some(name) = node.metadata.name.clone().filter(|_| takes_machines(config, node)) {
                room.nodes.insert(name, Share::of(total));
            }
        }
        for Taken { node, resources } in others {
            if let Some(share) = node.and_then(|name| room.nodes.get_mut(&name)) {
                share.take(resources);
                share.by_others = share.by_others.plus(resources);
            }
        }
        let (bound, waiting): (Vec<_>, Vec<_>) = ours.partition(|taken| taken.node.is_some());
        for Taken { node, resources } in bound {
            if let Some(share) = node.and_then(|name| room.nodes.get_mut(&name)) {
                share.take(resources);
            }
        }
        waiting.into_iter().for_each(|taken| room.place(taken.resources));
        room
    }

    /// Takes room for a pod that waits for a node.
    fn place(&mut self, asked: Resources) {
        let fits = |share: &&mut Share| asked.fits(share.free());
        let roomiest = |share: &&mut Share| (share.free().memory_mib, share.free().cpu_millis);
        let there = self.nodes.values_mut().filter(fits).max_by_key(roomiest);
        match there.or_else(|| self.coming.iter_mut().find(fits)) {
            Some(share) => share.take(asked),
            None => self.waiting = self.waiting.plus(asked),
        }
    }

    /// The same with room on these nodes alone; what the others have when they are empty still counts.
    pub(crate) fn only(mut self, is_open: impl Fn(&str) -> bool) -> Self {
        self.nodes.retain(|name, _| is_open(name));
        self
    }

    /// All of it as a provider tells it.
    pub(crate) fn capacity(&self, config: &Config, as_of: Timestamp) -> Capacity {
        let largest = self.shapes(config).max_by_key(|shape| (shape.memory_mib, shape.cpu_millis));
        let used = self.nodes.values().chain(&self.coming).map(|share| share.used).sum::<Resources>();
        Capacity {
            as_of,
            total: self.nodes.values().map(|share| share.total).sum(),
            used: used.plus(self.waiting),
            largest: largest.unwrap_or_default(),
            nodes: self.nodes.values().map(Share::nodes).collect(),
            coming: self.coming.iter().map(Share::nodes).collect(),
        }
    }

    /// Whether a machine that asks for this fits.
    pub(crate) fn fit(&self, config: &Config, asked: Resources) -> Fit {
        let has_nodes = self.shapes(config).next().is_some();
        if has_nodes && !self.shapes(config).any(|shape| asked.fits(shape)) {
            let capacity = self.capacity(config, Timestamp::default());
            return Fit::Never(asked.first_excess(capacity.largest).unwrap_or("cpu_millis"));
        }
        let fits_now = self.nodes.values().any(|share| asked.fits(share.free()));
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
        gpus: config.gpus(amounts),
    }
}

fn allocatable(config: &Config, node: &Node) -> Resources {
    let amounts = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
    let amount = |key: &str| amounts.and_then(|amounts| amounts.get(key));
    Resources {
        cpu_millis: amount("cpu").map_or(0, quantity::millis),
        memory_mib: amount("memory").map_or(0, quantity::whole_mib),
        disk_mib: amount("ephemeral-storage").map_or(0, quantity::whole_mib),
        gpus: amounts.map_or(0, |amounts| config.gpus(amounts)),
    }
}

/// Whether machines run on a node now, of whatever placement.
fn takes_machines(config: &Config, node: &Node) -> bool {
    config.places().any(|place| place.takes_machines(node))
}

/// Whether machines run on a node when it is well: not ready and cordoned are no properties of a node.
fn may_take_machines(config: &Config, node: &Node) -> bool {
    config.places().any(|place| place.may_take_machines(node))
}

pub(crate) fn is_ready(node: &Node) -> bool {
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
mod tests;
