//! Terminals that stay open while something else happens to a region that runs somewhere.

use std::net::SocketAddr;

use anyhow::Context as _;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::tab::Tab;
use super::terminals::{count, repeat};
use super::visitor::Visitor;
use super::{templates, terminals::Seen};

/// A template with a terminal that counts, `count`, and one that repeats what is typed, `repeat`.
#[must_use]
pub fn terminals_template(runs: &Value) -> Value {
    templates::terminals_of(runs)
}

/// Opens both terminals by their links, types into one, and reads both until
/// `stop`, and then until all that was typed has come back. How many lines and connections each has had.
///
/// # Errors
/// A lost or doubled character, or silence after `stop`.
pub async fn watch(
    proxies: [SocketAddr; 2],
    links: [String; 2],
    stop: CancellationToken,
) -> anyhow::Result<[(u64, u64); 2]> {
    let [counting, repeating] = [tab(proxies, &links[0]).await?, tab(proxies, &links[1]).await?];
    let seen = tokio::try_join!(count(counting, stop.clone()), repeat(repeating, stop))?;
    Ok([seen.0, seen.1].map(|Seen { lines, connections, .. }| (lines, connections)))
}

async fn tab(proxies: [SocketAddr; 2], link: &str) -> anyhow::Result<Tab> {
    let visitor =
        Visitor::redeem(proxies, link, 0).await?.context("the proxy has nobody to redeem tickets")?;
    Ok(Tab::new(visitor, "tab", 0))
}
