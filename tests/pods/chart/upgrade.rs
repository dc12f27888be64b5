//! A new release, and back, while people work.

use anyhow::ensure;
use serde_json::json;
use tests::chaos::{terminals_template, watch};
use tests::cluster::MACHINE_IMAGE;
use tokio_util::sync::CancellationToken;

use super::api::Api;
use super::install::Installed;
use super::load::{Calls, call};
use super::{NEXT_RELEASE, RELEASE, mirror};

/// So many calls at least make it a load.
const CALLS_MIN: u64 = 100;

/// Upgrades and goes back. No call fails, and open terminals go on without a character lost or doubled.
pub(super) async fn there_and_back(region: &Installed, api: &Api) -> anyhow::Result<()> {
    for name in ["api-server", "proxy", "jobrunner", "registry-mirror", "agent"] {
        mirror::image(&["tag", &format!("qingjiao/{name}:{RELEASE}"), NEXT_RELEASE]).await?;
    }
    let runs = json!({"container": {"image": MACHINE_IMAGE, "command": ["/bin/sleep", "2147483647"]}});
    let id = api.sandbox("terminals", &terminals_template(&runs)).await?;
    let links = [api.access(&id, "count").await?, api.access(&id, "repeat").await?];
    let stop = CancellationToken::new();
    let roll = async {
        let _stops = stop.clone().drop_guard();
        region.roll(NEXT_RELEASE).await?;
        region.roll(RELEASE).await
    };
    let watched = watch([api.proxy; 2], links, stop.clone());
    let kept = call(api.clone(), id.clone(), true, stop.clone());
    let new = call(api.clone(), id.clone(), false, stop.clone());
    let ((), terminals, kept, new) = tokio::try_join!(roll, watched, kept, new)?;
    println!(
        "chart: {} calls on kept connections, {} on new ones; terminals (lines, connections): {terminals:?}",
        kept.good, new.good
    );
    none_failed("kept", &kept)?;
    none_failed("new", &new)?;
    ensure!(terminals.iter().all(|(_, connections)| *connections > 1), "no terminal came back: none was cut");
    api.delete(&id).await
}

fn none_failed(connections: &str, calls: &Calls) -> anyhow::Result<()> {
    let first: Vec<_> = calls.bad.iter().take(5).collect();
    ensure!(
        calls.bad.is_empty(),
        "{} of {} calls on {connections} connections failed: {first:#?}",
        calls.bad.len(),
        calls.good
    );
    ensure!(calls.good >= CALLS_MIN, "only {} calls", calls.good);
    Ok(())
}
