//! Pods come to harm: one is evicted, one uses too much memory, one's image is missing, and a quota is used up.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::chaos::platform::Platform;
use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::explained::says;
use crate::chaos::pods::inspector::Eye;
use crate::chaos::pods::kinds::{HOG, IMAGELESS, PLAIN};
use crate::chaos::pods::scene::{Scene, pod_of};
use crate::chaos::templates::SEAT;
use crate::cluster::Pods;
use crate::outside::until;

/// A kubelet needs its time to see what happened.
const SILENT_MAX: Duration = Duration::from_secs(40);

/// Each says why, and gets well once it can.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    let Scene { crowd, platform, eye, pods, .. } = scene;
    crowd.gather();
    let evicted = crowd.create("evicted", SEAT).await?;
    let hog = crowd.create("hog", HOG).await?;
    let imageless = crowd.create("imageless", IMAGELESS).await?;
    let told = crowd
        .while_well(async {
            let (first, second, third) = tokio::try_join!(
                evict(platform, eye, &evicted),
                says(platform, &hog, "out_of_memory", SILENT_MAX),
                says(platform, &imageless, "image_missing", SILENT_MAX),
            )?;
            Ok(vec![first, second, third])
        })
        .await?;
    crowd.give_up(&hog).await?;
    crowd.give_up(&imageless).await?;
    crowd.while_well(exceed_quota(platform, pods)).await?;
    Ok([told, vec!["no_capacity"]].concat())
}

/// The machine is made again, with its home.
async fn evict(platform: &Platform, eye: &Eye, id: &str) -> anyhow::Result<&'static str> {
    platform.phase(id, Some("ready"), SETTLE_MAX).await?;
    platform.shell(id, "echo kept >~/kept").await?;
    let pod = pod_of(eye, id).await?;
    eye.evict(pod["metadata"]["name"].as_str().context("a pod without name")?).await?;
    let told = says(platform, id, "evicted", SILENT_MAX).await?;
    platform.phase(id, Some("ready"), SETTLE_MAX).await?;
    let kept = platform.shell(id, "cat ~/kept; rm ~/kept").await?;
    ensure!(kept.trim() == "kept", "the home of {id} is another: {kept:?}");
    Ok(told)
}

/// One pod is fewer than there are, so that no new one may be.
async fn exceed_quota(platform: &Platform, pods: &Pods) -> anyhow::Result<()> {
    pods.kubectl(&["create", "quota", "small", "--hard=pods=1"]).await?;
    let waits = platform.create("over-the-quota", PLAIN, "school-9").await?;
    let waits = waits["id"].as_str().unwrap_or_default().to_owned();
    let told =
        until("it, or who stands before it, says no_capacity", SILENT_MAX, || is_told(platform, &waits))
            .await;
    pods.kubectl(&["delete", "quota", "small"]).await?;
    told?;
    platform.phase(&waits, Some("ready"), SETTLE_MAX).await?;
    platform.delete(&waits).await
}

/// Whether a sandbox says that there is no room, or has a place behind one that does: only the first of the queue is
/// tried (decision 10), and seats of the class may stand before it.
async fn is_told(platform: &Platform, id: &str) -> anyhow::Result<Option<()>> {
    let all = platform.list().await?;
    let says = |sandbox: &Value| sandbox["phase"] == "queued" && sandbox["cause"]["slug"] == "no_capacity";
    let own = all.iter().find(|sandbox| sandbox["id"] == id).context("it is not listed")?;
    let is_behind = own["queue"]["place"].as_u64().is_some_and(|place| place > 1);
    Ok((says(own) || is_behind && all.iter().any(says)).then_some(()))
}
