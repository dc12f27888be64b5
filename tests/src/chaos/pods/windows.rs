//! The windows of faults, in their order. The node is lost last: what was on it is gone.

mod away;
mod harm;
mod kills;
mod node;
mod slow;

use futures_util::future::LocalBoxFuture;

use super::scene::Scene;
use super::tally::Fault;

/// A window of faults.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// What happens in it.
    pub(super) name: &'static str,
    /// What must have hit the region at least once, beside what the causes show.
    pub(super) faults: &'static [Fault],
    /// What sandboxes that waited must have said.
    pub(super) causes: &'static [&'static str],
    /// Lets it happen; the causes that certain sandboxes said.
    pub(super) run: for<'s> fn(&'s mut Scene) -> LocalBoxFuture<'s, anyhow::Result<Vec<&'static str>>>,
}

/// Every window.
pub(super) const WINDOWS: [Window; 4] = [
    Window {
        name: "API server and etcd away for 60 s; as they come back, kills, freezes, storms of 429, 409 and 401",
        faults: &[
            Fault::Broken,
            Fault::Overtaken,
            Fault::DiedBeforeEffect,
            Fault::DiedBeforeAnswer,
            Fault::Frozen,
            Fault::Refused(429),
            Fault::Refused(409),
            Fault::Refused(401),
            Fault::AnswerLost,
        ],
        causes: &["provider_unavailable", "provider_throttled"],
        run: |scene| Box::pin(away::run(scene)),
    },
    Window {
        name: "API server slow for 60 s, watches cut and compacted, then writes without an answer",
        faults: &[Fault::Late, Fault::Cut, Fault::Compacted, Fault::GivenUp],
        causes: &["provider_unavailable"],
        run: |scene| Box::pin(slow::run(scene)),
    },
    Window {
        name: "pods evicted, out of memory, without image, over a quota",
        faults: &[],
        causes: &["evicted", "out_of_memory", "image_missing", "no_capacity"],
        run: |scene| Box::pin(harm::run(scene)),
    },
    Window {
        name: "a node lost, fenced, and back",
        faults: &[],
        causes: &["node_lost", "volume_unavailable"],
        run: |scene| Box::pin(node::run(scene)),
    },
];
