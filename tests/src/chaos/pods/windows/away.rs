//! Nobody answers: the API server and etcd are killed, and come back after a minute.

use std::time::{Duration, Instant};

use super::kills;
use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::explained::says;
use crate::chaos::pods::kinds::PLAIN;
use crate::chaos::pods::scene::Scene;
use crate::chaos::pods::weather::Weather;
use crate::chaos::templates::SEAT;
use crate::cluster::command;
use crate::processes::Role;

const AWAY: Duration = Duration::from_secs(60);
/// Longer than a leader's lease.
const FREEZE: Duration = Duration::from_secs(4);
/// A sandbox may wait for so long without a word.
const SILENT_MAX: Duration = Duration::from_secs(45);

/// Who watches the cluster from a node tries again only every minute after a long while without an API server.
const NODES_BACK_MAX: Duration = Duration::from_secs(120);

/// Meanwhile sandboxes are asked for, stopped and deleted, one leader dies, and another stands still. As the API server
/// comes back, jobrunners are killed.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    scene.crowd.gather();
    let stopped = scene.crowd.create("stopped-while-away", SEAT).await?;
    let just_before = scene.crowd.create("asked-just-before", PLAIN).await?;
    let deleted = scene.crowd.create("deleted-while-away", PLAIN).await?;
    let (while_away, told) = outage(scene, &stopped, &deleted).await?;
    let told = [told, kills::run(scene).await?].concat();
    let Scene { crowd, platform, .. } = scene;
    crowd
        .while_well(async {
            for id in [&while_away, &just_before] {
                platform.phase(id, Some("ready"), NODES_BACK_MAX).await?;
            }
            platform.phase(&stopped, Some("stopped"), NODES_BACK_MAX).await?;
            platform.phase(&deleted, None, NODES_BACK_MAX).await?;
            platform.delete(&while_away).await
        })
        .await?;
    crowd.forget(&deleted);
    Ok(told)
}

/// What was asked for meanwhile, and what sandboxes said.
async fn outage(
    scene: &mut Scene,
    stopped: &str,
    deleted: &str,
) -> anyhow::Result<(String, Vec<&'static str>)> {
    let Scene { crowd, road, platform, fleet, .. } = scene;
    let jobrunner = |index| fleet.replica(Role::Jobrunner, index);
    crowd
        .while_well(async {
            platform.phase(stopped, Some("ready"), SETTLE_MAX).await?;
            let begun = Instant::now();
            road.set(Weather::Away);
            command(&["halt", "apiserver"]).await?;
            command(&["halt", "etcd"]).await?;
            platform.command(stopped, "stop").await?;
            platform.delete(deleted).await?;
            let asked = platform.create("asked-while-away", PLAIN, "school-9").await?;
            let asked = asked["id"].as_str().unwrap_or_default().to_owned();
            jobrunner(fleet.leader().unwrap_or(0)).kill(Duration::ZERO);
            jobrunner(fleet.leader().unwrap_or(1)).freeze(FREEZE).await;
            let mut told = Vec::new();
            for id in [asked.as_str(), stopped, deleted] {
                told.push(says(platform, id, "provider_unavailable", SILENT_MAX).await?);
            }
            tokio::time::sleep(AWAY.saturating_sub(begun.elapsed())).await;
            command(&["resume", "etcd"]).await?;
            command(&["resume", "apiserver"]).await?;
            road.set(Weather::Fair);
            Ok((asked, told))
        })
        .await
}
