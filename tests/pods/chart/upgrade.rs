//! A new release, and back, while people work.

use anyhow::ensure;
use serde_json::json;
use tests::chaos::{terminals_template, watch};
use tests::cluster::MACHINE_IMAGE;
use tokio_util::sync::CancellationToken;

use super::api::Api;
use super::install::Installed;
use super::load::{Calls, call, live};
use super::{NEXT_RELEASE, RELEASE, mirror};

/// So many calls at least make it a load.
const CALLS_MIN: u64 = 100;
/// So many sandboxes are created, used and deleted at least: some before, between and after the rollouts.
const LIVES_MIN: u64 = 5;

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
    let lives = live(api.clone(), stop.clone());
    let ((), terminals, kept, new, lives) = tokio::try_join!(roll, watched, kept, new, lives)?;
    println!(
        "chart: {} calls on kept connections, {} on new ones, {} lives of sandboxes; terminals (lines, connections): {terminals:?}",
        kept.good, new.good, lives.good
    );
    none_failed("calls on kept connections", &kept, CALLS_MIN)?;
    none_failed("calls on new connections", &new, CALLS_MIN)?;
    none_failed("lives of sandboxes", &lives, LIVES_MIN)?;
    ensure!(terminals.iter().all(|(_, connections)| *connections > 1), "no terminal came back: none was cut");
    api.delete(&id).await
}

fn none_failed(what: &str, calls: &Calls, least: u64) -> anyhow::Result<()> {
    let first: Vec<_> = calls.bad.iter().take(5).collect();
    ensure!(calls.bad.is_empty(), "{} {what} failed and {} did not: {first:#?}", calls.bad.len(), calls.good);
    ensure!(calls.good >= least, "only {} {what}", calls.good);
    Ok(())
}
