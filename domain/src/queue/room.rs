//! Free room node by node, out of which an admission takes: an estimate of what a scheduler will do.

use std::cmp::Reverse;

use crate::provider::{Capacity, Nodes};
use crate::resources::Resources;

/// Nodes that are looked at in one admission; of more the rest is left out.
const NODES_MAX: usize = 20_000;

/// What is free, node by node.
#[derive(Clone, Debug)]
pub struct Room {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// What it could have free.
    room: Resources,
    free: Resources,
    /// It is added once a machine waits for it.
    is_coming: bool,
}

impl Room {
    /// The room that a provider told of.
    #[must_use]
    pub fn of(capacity: &Capacity) -> Self {
        let there = capacity.nodes.iter().flat_map(|nodes| alike(*nodes, false));
        let coming = capacity.coming.iter().flat_map(|nodes| alike(*nodes, true));
        let mut nodes: Vec<_> = there.chain(coming).take(NODES_MAX).collect();
        if nodes.is_empty() {
            let all = Capacity::of_one_node(capacity.as_of, capacity.total, capacity.used);
            nodes.extend(all.nodes.into_iter().flat_map(|one| alike(one, false)));
        }
        Self { nodes }
    }

    /// Takes the room of machines that are wanted together: of all of them, or nothing when one finds none.
    pub fn take(&mut self, machines: &[Resources]) -> bool {
        let mut taken = Vec::with_capacity(machines.len());
        // The largest first: it has the smallest choice.
        let mut ordered = machines.to_vec();
        ordered.sort_by_key(|asked| Reverse((asked.gpus, asked.memory_mib, asked.cpu_millis)));
        for asked in ordered {
            let Some(node) = self.roomiest(asked) else {
                for (node, before) in taken.into_iter().rev() {
                    self.put(node, before);
                }
                return false;
            };
            taken.push(node);
            self.put(node.0, node.1.minus(asked));
        }
        true
    }

    /// Takes the room of a machine that is on its way, if there is any that it may be going to.
    pub fn reserve(&mut self, machine: Resources) {
        self.take(&[machine]);
    }

    /// Whether machines that are wanted together would find room if nothing of this region ran.
    #[must_use]
    pub fn could_hold(&self, machines: &[Resources]) -> bool {
        match machines {
            [] => true,
            [one] => self.nodes.iter().any(|node| one.fits(node.room)),
            several => {
                let emptied = self.nodes.iter().map(|node| Node { free: node.room, ..*node });
                Self { nodes: emptied.collect() }.take(several)
            }
        }
    }

    /// What is free on all nodes together.
    #[must_use]
    pub fn free(&self) -> Resources {
        self.nodes.iter().map(|node| node.free).sum()
    }

    /// Where a scheduler that spreads would put a machine, with what is free there. Nodes that are there come before
    /// those that would have to be added, and nodes with GPUs last.
    fn roomiest(&self, asked: Resources) -> Option<(usize, Resources)> {
        let fitting = self.nodes.iter().enumerate().filter(|(_, node)| asked.fits(node.free));
        let rank = |(_, node): &(usize, &Node)| {
            let free = node.free;
            (!node.is_coming, Reverse(free.gpus), free.memory_mib, free.cpu_millis)
        };
        fitting.max_by_key(rank).map(|(at, node)| (at, node.free))
    }

    fn put(&mut self, node: usize, free: Resources) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.free = free;
        }
    }
}

fn alike(nodes: Nodes, is_coming: bool) -> impl Iterator<Item = Node> {
    let count = usize::try_from(nodes.count).unwrap_or(NODES_MAX).min(NODES_MAX);
    std::iter::repeat_n(Node { room: nodes.room, free: nodes.free, is_coming }, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpus(cpu_millis: u64) -> Resources {
        Resources { cpu_millis, memory_mib: cpu_millis, ..Resources::default() }
    }

    fn nodes(free: &[u64]) -> Vec<Nodes> {
        free.iter().map(|free| Nodes { count: 1, room: cpus(4000), free: cpus(*free) }).collect()
    }

    fn room(free: &[u64]) -> Room {
        Room::of(&Capacity { nodes: nodes(free), ..Capacity::default() })
    }

    #[test]
    fn a_machine_fits_on_a_node_and_not_on_the_sum() {
        for (free, machines, fits, could) in [
            (&[2000, 2000][..], &[3000][..], false, true),
            (&[2000, 3000], &[3000], true, true),
            (&[2000, 2000], &[2000, 2000], true, true),
            (&[2000, 2000], &[1000, 1000, 2000], true, true),
            (&[2000, 2000], &[2000, 2000, 1000], false, true),
            (&[4000, 4000], &[3000, 3000, 3000], false, false),
            (&[4000], &[5000], false, false),
            (&[0], &[], true, true),
        ] {
            let machines: Vec<_> = machines.iter().map(|n| cpus(*n)).collect();
            let mut room = room(free);
            assert_eq!(room.could_hold(&machines), could, "{free:?} {machines:?}");
            let before = room.free();
            assert_eq!(room.take(&machines), fits, "{free:?} {machines:?}");
            let taken = if fits { machines.into_iter().sum() } else { Resources::default() };
            assert_eq!(room.free(), before.minus(taken), "all or nothing");
        }
    }

    #[test]
    fn machines_spread_as_a_scheduler_spreads_them() {
        let mut room = room(&[3000, 3000]);
        assert!(room.take(&[cpus(1000)]) && room.take(&[cpus(1000)]));
        assert!(!room.take(&[cpus(2500)]), "a small one is on each");
        assert!(room.take(&[cpus(2000)]));
    }

    #[test]
    fn nodes_that_may_come_are_taken_last() {
        let coming = vec![Nodes { count: 1, room: cpus(8000), free: cpus(8000) }];
        let mut room = Room::of(&Capacity { nodes: nodes(&[1000]), coming, ..Capacity::default() });
        assert!(room.take(&[cpus(1000)]));
        assert_eq!(room.free(), cpus(8000));
        assert!(room.could_hold(&[cpus(8000)]) && room.take(&[cpus(6000)]) && !room.take(&[cpus(6000)]));
    }

    #[test]
    fn what_tells_no_nodes_is_one() {
        let told = Capacity { total: cpus(4000), used: cpus(1000), ..Capacity::default() };
        let mut room = Room::of(&told);
        assert!(room.could_hold(&[cpus(4000)]) && !room.take(&[cpus(4000)]) && room.take(&[cpus(3000)]));
    }

    #[test]
    fn a_node_with_gpus_is_kept_for_those_who_need_them() {
        let gpu = Resources { gpus: 1, ..cpus(4000) };
        let with_gpu = Nodes { count: 1, room: gpu, free: gpu };
        let nodes = [nodes(&[1000]), vec![with_gpu]].concat();
        let mut room = Room::of(&Capacity { nodes, ..Capacity::default() });
        assert!(room.take(&[cpus(1000)]) && room.take(&[gpu]));
    }
}
