//! Nobody answers: the API server and etcd are killed, and come back after a minute.

use std::time::{Duration, Instant};

use domain::time::{Clock as _, SystemClock};

use super::kills;
use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::explained::says;
use crate::chaos::pods::kinds::PLAIN;
use crate::chaos::pods::scene::Scene;
use crate::chaos::pods::tally::{Fault, Tally};
use crate::chaos::pods::weather::Weather;
use crate::chaos::templates::SEAT;
use crate::cluster::{command, kubectl};
use crate::outside::until;
use crate::processes::{Fleet, Replica, Role};

const AWAY: Duration = Duration::from_secs(60);
/// Twice a leader's lease.
const FREEZE: Duration = Duration::from_secs(5);
/// Tries to freeze a leader: it may give the lead up in that very moment.
const FREEZES_MAX: usize = 3;
/// Somebody leads within this time.
const LEADER_MAX: Duration = Duration::from_secs(15);
/// A sandbox may wait for so long without a word.
const SILENT_MAX: Duration = Duration::from_secs(45);
/// The API server knows everybody's rights within this time.
const READY_MAX: Duration = Duration::from_secs(60);

/// Meanwhile sandboxes are asked for, stopped and deleted, one leader dies, and another stands still. As the API server
/// comes back, jobrunners are killed.
///
/// All must be over 60 s after the last of that. The nodes are part of it: after a minute without an API server a kubelet
/// tries again only 30 to 60 s later (the longest pause of the cluster's client library, with its jitter), and ends a pod
/// in at most 10 s more. The kills take 40 s at least, so that 60 s from their end are more than that, and no time needs
/// to be added for the nodes.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    scene.crowd.gather();
    let stopped = scene.crowd.create("stopped-while-away", SEAT).await?;
    let just_before = scene.crowd.create("asked-just-before", PLAIN).await?;
    let deleted = scene.crowd.create("deleted-while-away", PLAIN).await?;
    let (while_away, told) = outage(scene, &stopped, &deleted).await?;
    let told = [told, kills::run(scene).await?].concat();
    let ended = Instant::now();
    let left = || SETTLE_MAX.saturating_sub(ended.elapsed());
    let Scene { crowd, platform, .. } = scene;
    crowd
        .while_well(async {
            for id in [&while_away, &just_before] {
                platform.phase(id, Some("ready"), left()).await?;
            }
            platform.phase(&stopped, Some("stopped"), left()).await?;
            platform.phase(&deleted, None, left()).await?;
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
    let Scene { crowd, road, platform, fleet, tally, restarts, .. } = scene;
    let (said, restart) = crowd
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
            kill_a_leader(fleet).await;
            freeze_a_leader(fleet, tally).await;
            let mut told = Vec::new();
            for id in [asked.as_str(), stopped, deleted] {
                told.push(says(platform, id, "provider_unavailable", SILENT_MAX).await?);
            }
            tokio::time::sleep(AWAY.saturating_sub(begun.elapsed())).await;
            let back = SystemClock.now();
            command(&["resume", "etcd"]).await?;
            command(&["resume", "apiserver"]).await?;
            road.set(Weather::Fair);
            let ready = ["get", "--raw", "/readyz"];
            until("the API server is ready", READY_MAX, async || Ok(kubectl(&ready).await.ok())).await?;
            Ok(((asked, told), (back, SystemClock.now())))
        })
        .await?;
    restarts.push(restart);
    Ok(said)
}

/// Returns once its next life has begun.
async fn kill_a_leader(fleet: &Fleet) {
    let leader = fleet.replica(Role::Jobrunner, fleet.leader().unwrap_or(0));
    let life = leader.life();
    leader.kill(Duration::ZERO);
    // One that does not come back is missed by whoever waits for it next.
    let _ = until("it is back", LEADER_MAX, async || Ok((leader.life() > life).then_some(()))).await;
}

/// A leader stands still for longer than its lease, the other leads, and the first is woken and believes that it leads.
async fn freeze_a_leader(fleet: &Fleet, tally: &Tally) {
    for _ in 0..FREEZES_MAX {
        let leads = until("somebody leads", LEADER_MAX, async || Ok(fleet.leader())).await;
        let Ok(leader) = leads else { return };
        let [frozen, other] = [leader, leader + 1].map(|index| fleet.replica(Role::Jobrunner, index));
        let before = (frozen.life(), other.life(), leads_of(other));
        let was_there = frozen.freeze(FREEZE).await;
        let is_same = (frozen.life(), other.life()) == (before.0, before.1);
        if was_there && is_same && leads_of(other) > before.2 {
            tally.note(Fault::Overtaken);
            return;
        }
    }
}

/// How often it has come to lead in its present life.
fn leads_of(replica: &Replica) -> usize {
    replica.log().matches("\"leading\"").count()
}
