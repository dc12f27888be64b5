//! Where a machine may run and what it gets there, by the placement that its template names: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::PlacementName;
use domain::resources::Resources;
use k8s_openapi::api::core::v1::{Node, Pod, Taint};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::config::{Config, Placement, Toleration};
use crate::{quantity, room};

/// Taints by which the cluster says how a node is at the moment.
const PASSING_TAINTS: &str = "node.kubernetes.io/";

static NOTHING: BTreeMap<String, u64> = BTreeMap::new();

/// A kind of place as it is in this cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What is the same in every place.
    pub(crate) config: &'a Config,
    /// Labels of its nodes.
    pub(crate) node_selector: &'a BTreeMap<String, String>,
    /// Taints that its machines tolerate, besides those of lost nodes.
    pub(crate) tolerations: &'a [Toleration],
    /// The runtime of its machines; none: the cluster's own.
    pub(crate) runtime_class: Option<&'a str>,
    /// The extended resource that one GPU is.
    gpu_resource: &'a str,
    /// What each machine gets besides.
    extended: &'a BTreeMap<String, u64>,
}

impl Config {
    /// The place of machines that name no placement.
    pub(crate) fn default_place(&self) -> Place<'_> {
        Place {
            config: self,
            node_selector: &self.node_selector,
            tolerations: &self.tolerations,
            runtime_class: self.runtime_class.as_deref().filter(|class| !class.is_empty()),
            gpu_resource: &self.gpu_resource,
            extended: &NOTHING,
        }
    }

    /// The place of machines that name this; none when there is no such placement.
    pub(crate) fn place(&self, name: Option<&PlacementName>) -> Option<Place<'_>> {
        match name {
            None => Some(self.default_place()),
            Some(name) => self.placements.get(name).map(|placement| self.place_of(placement)),
        }
    }

    /// Every place of machines.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        std::iter::once(self.default_place())
            .chain(self.placements.values().map(|placement| self.place_of(placement)))
    }

    /// How many GPUs these amounts are, by whatever names the places have for them.
    pub(crate) fn gpus(&self, amounts: &BTreeMap<String, Quantity>) -> u64 {
        let names: BTreeSet<&str> = self.places().map(|place| place.gpu_resource).collect();
        names.into_iter().filter_map(|name| amounts.get(name)).map(quantity::count).sum()
    }

    fn place_of<'a>(&'a self, placement: &'a Placement) -> Place<'a> {
        let runtime_class = placement.runtime_class.as_deref().or(self.runtime_class.as_deref());
        Place {
            config: self,
            node_selector: &placement.node_selector,
            tolerations: &placement.tolerations,
            runtime_class: runtime_class.filter(|class| !class.is_empty()),
            gpu_resource: placement.gpu_resource.as_deref().unwrap_or(&self.gpu_resource),
            extended: &placement.extended,
        }
    }
}

impl Place<'_> {
    /// The extended resources of a machine that asks for this: its GPUs, and what every machine gets here.
    pub(crate) fn extended(&self, asked: Resources) -> BTreeMap<String, u64> {
        let mut all = self.extended.clone();
        if asked.gpus > 0 {
            all.insert(self.gpu_resource.to_owned(), asked.gpus);
        }
        all
    }

    /// Whether its machines run on a node now.
    pub(crate) fn takes_machines(&self, node: &Node) -> bool {
        let is_cordoned = node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false);
        !is_cordoned
            && room::is_ready(node)
            && self.selects(node)
            && taints(node).iter().all(|taint| self.tolerates(taint))
    }

    /// Whether its machines run on a node when it is well: not ready and cordoned are no properties of a node.
    pub(crate) fn may_take_machines(&self, node: &Node) -> bool {
        let is_passing = |taint: &Taint| taint.key.starts_with(PASSING_TAINTS);
        self.selects(node) && taints(node).iter().all(|taint| is_passing(taint) || self.tolerates(taint))
    }

    /// Whether a pod takes, or will take, of its nodes: one that waits does so for a node of its own place.
    pub(crate) fn is_taken_by(&self, pod: &Pod) -> bool {
        let Some(spec) = &pod.spec else { return false };
        let selector = spec.node_selector.as_ref().filter(|selector| !selector.is_empty());
        let own = Some(self.node_selector).filter(|selector| !selector.is_empty());
        spec.node_name.is_some() || selector == own
    }

    /// Whether these pods leave a node too few pieces of what every machine gets here.
    pub(crate) fn is_used_up(&self, node: &Node, pods: &[Arc<Pod>]) -> bool {
        let amounts = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
        self.extended.iter().any(|(name, wanted)| {
            let there = amounts.and_then(|amounts| amounts.get(name)).map_or(0, quantity::count);
            let on_it = pods.iter().filter(|pod| {
                let taken = room::taken(self.config, pod).and_then(|taken| taken.node);
                taken.is_some() && taken == node.metadata.name
            });
            let used: u64 = on_it.map(|pod| pieces(pod, name)).sum();
            used + wanted > there
        })
    }

    fn selects(&self, node: &Node) -> bool {
        let labels = node.metadata.labels.as_ref();
        self.node_selector
            .iter()
            .all(|(key, value)| labels.is_some_and(|labels| labels.get(key) == Some(value)))
    }

    fn tolerates(&self, taint: &Taint) -> bool {
        taint.effect == "PreferNoSchedule"
            || self.tolerations.iter().any(|toleration| {
                let same_value =
                    toleration.value.is_none() || toleration.value.as_deref() == taint.value.as_deref();
                let same_effect = toleration.effect.as_deref().is_none_or(|effect| effect == taint.effect);
                toleration.key == taint.key && same_value && same_effect
            })
    }
}

fn taints(node: &Node) -> &[Taint] {
    node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
}

/// How many pieces of an extended resource a pod has.
fn pieces(pod: &Pod, name: &str) -> u64 {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let requests = containers.filter_map(|container| container.resources.as_ref()?.requests.as_ref());
    requests.filter_map(|requests| requests.get(name)).map(quantity::count).sum()
}

#[cfg(test)]
mod tests;
