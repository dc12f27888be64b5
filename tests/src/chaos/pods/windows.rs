//! The windows of faults, in their order. The node is lost last: what was on it is gone.

mod away;
mod harm;
mod kills;
mod node;
mod slow;

use futures_util::future::LocalBoxFuture;

use super::scene::Scene;

/// A window of faults.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// What happens in it.
    pub(super) name: &'static str,
    /// Lets it happen; the causes that sandboxes said.
    pub(super) run: for<'s> fn(&'s mut Scene) -> LocalBoxFuture<'s, anyhow::Result<Vec<&'static str>>>,
}

/// Every window.
pub(super) const WINDOWS: [Window; 4] = [
    Window {
        name: "API server and etcd away for 60 s; as they come back, kills, freezes, storms of 429, 409 and 401",
        run: |scene| Box::pin(away::run(scene)),
    },
    Window {
        name: "API server slow for 60 s, watches cut and compacted",
        run: |scene| Box::pin(slow::run(scene)),
    },
    Window {
        name: "pods evicted, out of memory, without image, over a quota",
        run: |scene| Box::pin(harm::run(scene)),
    },
    Window { name: "a node lost, fenced, and back", run: |scene| Box::pin(node::run(scene)) },
];
