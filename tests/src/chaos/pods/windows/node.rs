//! A node is lost as by a power cut. What was on it is made again elsewhere only once it is fenced, and what has its
//! home there waits for it to come back.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::chaos::platform::Platform;
use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::crowd::Crowd;
use crate::chaos::pods::explained::says;
use crate::chaos::pods::inspector::Eye;
use crate::chaos::pods::kinds::PLAIN;
use crate::chaos::pods::places::{only_on, other_than};
use crate::chaos::pods::scene::{Scene, pod_of};
use crate::chaos::templates::SEAT;
use crate::cluster::{command, kubectl};

/// What an operator or a cloud says of a node that is certainly off.
const FENCED: &str = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute";
/// Until the node counts as lost, and its pods have been borne with.
const NOTICED_MAX: Duration = Duration::from_secs(75);
/// So long it is seen that nothing is made elsewhere.
const UNFENCED: Duration = Duration::from_secs(5);
/// The cluster looks for pods of fenced nodes in rounds of 20 s and more.
const REPLACED_MAX: Duration = Duration::from_secs(120);

/// Two machines without a home, and one with one, are on it.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    let Scene { crowd, platform, eye, safe_node, .. } = scene;
    let node = other_than(safe_node)?;
    let all = only_on(node, place(crowd, platform, eye, node)).await?;
    let [one, two, with_home] = &all;
    platform.shell(with_home, "echo kept >~/kept").await?;
    command(&["lose-node", node]).await?;
    // The others work where nothing happens.
    crowd.gather();
    let told = crowd
        .while_well(async {
            for id in &all {
                says(platform, id, "node_lost", NOTICED_MAX).await?;
            }
            stays(eye, &all, node).await?;
            kubectl(&["taint", "node", node, FENCED]).await?;
            for id in [one, two] {
                platform.phase(id, Some("ready"), REPLACED_MAX).await?;
            }
            let told = says(platform, with_home, "volume_unavailable", REPLACED_MAX).await?;
            command(&["restore-node", node]).await?;
            kubectl(&["taint", "node", node, &format!("{FENCED}-")]).await?;
            platform.phase(with_home, Some("ready"), REPLACED_MAX).await?;
            let kept = platform.shell(with_home, "cat ~/kept; rm ~/kept").await?;
            ensure!(kept.trim() == "kept", "the home of {with_home} is another: {kept:?}");
            Ok(vec!["node_lost", told])
        })
        .await?;
    Ok(told)
}

/// Two without a home and one with one, which are there once they are ready.
async fn place(crowd: &Crowd, platform: &Platform, eye: &Eye, node: &str) -> anyhow::Result<[String; 3]> {
    let all = [
        crowd.create("lost-one", PLAIN).await?,
        crowd.create("lost-two", PLAIN).await?,
        crowd.create("lost-with-home", SEAT).await?,
    ];
    for id in &all {
        platform.phase(id, Some("ready"), SETTLE_MAX).await?;
        let pod = pod_of(eye, id).await?;
        ensure!(pod["spec"]["nodeName"] == node, "{id} is not on {node}");
    }
    Ok(all)
}

/// Nothing is made elsewhere while the node may still run.
async fn stays(eye: &Eye, all: &[String], node: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < UNFENCED {
        for id in all {
            let pod = pod_of(eye, id).await?;
            ensure!(pod["spec"]["nodeName"] == node, "{id} was made again before {node} was fenced");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
