//! Which node sandboxes come to: a template does not say that, so the others are closed meanwhile.

use anyhow::Context as _;

use crate::cluster::{NODES, kubectl};

/// The node that is not this one.
///
/// # Errors
/// There is none.
pub(super) fn other_than(node: &str) -> anyhow::Result<&'static str> {
    let (other, _) = NODES.into_iter().find(|(name, _)| *name != node).context("there is no other node")?;
    Ok(other)
}

/// Does something while new pods come to this node only.
///
/// # Errors
/// What the cluster says, or the work.
pub(super) async fn only_on<T>(
    node: &str,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let other = other_than(node)?;
    kubectl(&["cordon", other]).await?;
    let done = work.await;
    kubectl(&["uncordon", other]).await?;
    done
}
