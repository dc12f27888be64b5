//! What room is missing, in words.

use domain::resources::Resources;

use super::{Room, larger};

impl Room {
    /// Why a machine that asks for this does not fit now, in a short sentence.
    pub(crate) fn lacking(&self, asked: Resources) -> String {
        let free = self.nodes.values().map(|node| node.total.minus(node.used));
        let Some(most) = free.reduce(larger) else {
            return "no node takes machines at the moment: all are cordoned, not ready or tainted".to_owned();
        };
        asked.lacking(most).map_or_else(
            || "no node has all of what it asks for free at once".to_owned(),
            |lacking| format!("no node can take it: {lacking}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::Share;
    use super::*;

    fn room(free: &[(u64, u64)]) -> Room {
        let share = |&(cpu_millis, memory_mib): &(u64, u64)| {
            let total = Resources { cpu_millis, memory_mib, ..Resources::default() };
            Share { total, ..Share::default() }
        };
        let named = free.iter().enumerate().map(|(nth, free)| (format!("node-{nth}"), share(free)));
        Room { nodes: named.collect(), ..Room::default() }
    }

    #[test]
    fn what_no_node_has_is_named() {
        let asked = Resources { cpu_millis: 1000, memory_mib: 512, ..Resources::default() };
        for (free, expected) in [
            (&[(2000, 100), (1500, 200)][..], "no node can take it: not enough free memory"),
            (&[(0, 0)], "no node can take it: not enough free CPU, memory"),
            (&[(2000, 100), (100, 4096)], "no node has all of what it asks for free at once"),
            (&[], "no node takes machines at the moment: all are cordoned, not ready or tainted"),
        ] {
            assert_eq!(room(free).lacking(asked), expected, "{free:?}");
        }
    }
}
