//! How much room there is, in all and node by node.

use serde::{Deserialize, Serialize};

use crate::resources::Resources;
use crate::time::Timestamp;

/// How many groups of nodes a summary has at most.
const SUMMARY_GROUPS_MAX: usize = 32;

/// How much room there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// When this was true.
    pub as_of: Timestamp,
    /// All there is.
    pub total: Resources,
    /// What is taken.
    pub used: Resources,
    /// The largest machine without a placement that could ever fit, also on what is not well at the moment; nothing while
    /// none is known.
    pub largest: Resources,
    /// The nodes that take machines now: a machine fits if it fits on one of them. What a leader of an older release
    /// wrote has none.
    #[serde(default)]
    pub nodes: Vec<Nodes>,
    /// Nodes that may be added for machines that find no room on those that are there. What waits for them is taken
    /// from them.
    #[serde(default)]
    pub coming: Vec<Nodes>,
}

/// Nodes that are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nodes {
    /// How many.
    pub count: u64,
    /// What this region's machines could have of each, if none were there.
    pub room: Resources,
    /// How much of that is free on each.
    pub free: Resources,
}

impl Capacity {
    /// The room of a provider whose machines all run in one place.
    #[must_use]
    pub fn of_one_node(as_of: Timestamp, total: Resources, used: Resources) -> Self {
        let node = Nodes { count: 1, room: total, free: total.minus(used) };
        Self { as_of, total, used, largest: total, nodes: vec![node], coming: Vec::new() }
    }

    /// The room of two providers together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            as_of: self.as_of.min(other.as_of),
            total: self.total.plus(other.total),
            used: self.used.plus(other.used),
            largest: if self.largest.fits(other.largest) { other.largest } else { self.largest },
            nodes: [self.nodes, other.nodes].concat(),
            coming: [self.coming, other.coming].concat(),
        }
    }

    /// The same in few words, however many nodes there are: nodes that are alike are counted together, and where that
    /// is not enough, similar ones, each as if it had what the least of them has.
    #[must_use]
    pub fn summary(self) -> Self {
        Self { nodes: summary(self.nodes), coming: summary(self.coming), ..self }
    }
}

fn summary(mut nodes: Vec<Nodes>) -> Vec<Nodes> {
    nodes.sort_by_key(|nodes| (size(nodes.room), size(nodes.free)));
    let mut groups: Vec<Nodes> = Vec::new();
    for node in nodes.into_iter().rev() {
        match groups.last_mut().filter(|group| (group.room, group.free) == (node.room, node.free)) {
            Some(group) => group.count = group.count.saturating_add(node.count),
            None => groups.push(node),
        }
    }
    let together = groups.len().div_ceil(SUMMARY_GROUPS_MAX).max(1);
    groups.chunks(together).filter_map(|similar| similar.iter().copied().reduce(least)).collect()
}

const fn size(of: Resources) -> (u64, u64, u64, u64) {
    (of.gpus, of.memory_mib, of.cpu_millis, of.disk_mib)
}

const fn least(one: Nodes, other: Nodes) -> Nodes {
    Nodes {
        count: one.count.saturating_add(other.count),
        room: one.room.least(other.room),
        free: one.free.least(other.free),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(room: u64, free: u64) -> Nodes {
        let resources = |memory_mib| Resources { memory_mib, ..Resources::default() };
        Nodes { count: 1, room: resources(room), free: resources(free) }
    }

    fn summary_of(nodes: Vec<Nodes>) -> Vec<(u64, u64, u64)> {
        let capacity = Capacity { nodes, ..Capacity::default() }.summary();
        capacity.nodes.iter().map(|of| (of.count, of.room.memory_mib, of.free.memory_mib)).collect()
    }

    #[test]
    fn nodes_that_are_alike_are_counted_together() {
        let nodes = vec![node(4, 1), node(8, 8), node(4, 1), node(4, 3), node(8, 8)];
        assert_eq!(summary_of(nodes), [(2, 8, 8), (1, 4, 3), (2, 4, 1)]);
        assert_eq!(summary_of(vec![]), []);
    }

    #[test]
    fn a_summary_is_short_and_promises_nothing_that_is_not_there() {
        let nodes: Vec<_> = (0..1000).map(|n| node(5000 + n % 3, n)).collect();
        let free: u64 = nodes.iter().map(|of| of.free.memory_mib).sum();
        let told = summary_of(nodes);
        assert!(told.len() <= SUMMARY_GROUPS_MAX, "{}", told.len());
        assert_eq!(told.iter().map(|(count, ..)| count).sum::<u64>(), 1000);
        let told_free: u64 = told.iter().map(|(count, _, free)| count * free).sum();
        assert!(told_free <= free && told_free > free / 2, "{told_free} of {free}");
    }

    #[test]
    fn what_an_older_release_wrote_is_read() {
        let mut written = serde_json::to_value(Capacity::default()).unwrap();
        for field in ["nodes", "coming"] {
            written.as_object_mut().unwrap().remove(field);
        }
        assert_eq!(serde_json::from_value::<Capacity>(written).unwrap(), Capacity::default());
    }
}
