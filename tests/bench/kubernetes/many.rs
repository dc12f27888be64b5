//! A class at once, on simulated nodes: by the region, then by bare POSTs.

use std::collections::BTreeSet;
use std::time::Instant;

use domain::time::{Clock as _, SystemClock};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::audit;
use super::events::Events;
use super::order::Order;
use super::region::{Region, TEMPLATE};
use super::results::{Results, Round};
use crate::figures::ms;

/// Clients, or bare POSTs, at once.
const AT_ONCE: usize = 32;

/// One round of both.
pub(super) async fn measure(region: &Region, order: &Order, results: &mut Results) -> anyhow::Result<()> {
    let round = results.rounds.len();
    let mut events = Events::open(region).await?;
    let (from, begun) = (SystemClock.now(), Instant::now());
    let first = create(region, order.many, round).await?;
    let accepted_ms = ms(begun.elapsed());
    let mut arrived = BTreeSet::new();
    let mut last = begun;
    while arrived.len() < order.many {
        let (id, at) = events.reached(None, "starting").await?;
        arrived.insert(id);
        last = at;
    }
    let requests = audit::requests(&order.audit_log, from, SystemClock.now())?;
    let pod = region.bare.copy_of(&first, "bare").await?;
    region.clear().await?;
    let pods: Vec<_> = (0..order.many).map(|number| named(&pod, &format!("bare-{round}-{number}"))).collect();
    let posted = Instant::now();
    region.bare.run(&pods, AT_ONCE).await?;
    let bare_ms = ms(posted.elapsed());
    region.clear().await?;
    results.rounds.push(Round { sandboxes_ms: ms(last - begun), accepted_ms, bare_ms, requests });
    Ok(())
}

/// Creates sandboxes by clients with a connection each; the id of one.
async fn create(region: &Region, count: usize, round: usize) -> anyhow::Result<String> {
    let clients = stream::iter(0..AT_ONCE).map(async |client| {
        let mut platform = region.platform().await?;
        let mut last = None;
        for number in (client..count).step_by(AT_ONCE) {
            last = Some(platform.create(&format!("many-{round}-{number}"), TEMPLATE).await?);
        }
        anyhow::Ok(last)
    });
    let last: Vec<Option<String>> = clients.buffer_unordered(AT_ONCE).try_collect().await?;
    last.into_iter().flatten().next().ok_or_else(|| anyhow::anyhow!("nothing was created"))
}

fn named(pod: &serde_json::Value, name: &str) -> serde_json::Value {
    let mut pod = pod.clone();
    pod["metadata"]["name"] = name.into();
    pod["metadata"]["labels"]["qingjiao.io/sandbox"] = name.into();
    pod
}
