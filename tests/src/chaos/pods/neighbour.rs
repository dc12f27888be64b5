//! Another region that lives in the same namespace of the same cluster, with its own name, database and processes: two
//! sandboxes of it run through every window.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::inspector::Eye;
use super::kinds::{PLAIN, plain};
use super::places::only_on;
use super::scene::pod_of;
use crate::chaos::platform::Platform;
use crate::chaos::striker;
use crate::cluster::Pods;
use crate::outside::until;
use crate::processes::{Fleet, Machines};

const SANDBOXES: [&str; 2] = ["neighbour-one", "neighbour-two"];
const READY_MAX: Duration = Duration::from_secs(60);
const GONE_MAX: Duration = Duration::from_secs(60);

/// The other region.
#[derive(Debug)]
pub(super) struct Neighbour {
    fleet: Fleet,
    platform: Platform,
    eye: Eye,
    /// The uid of each sandbox's pod.
    uids: BTreeMap<String, String>,
}

impl Neighbour {
    /// Moves in beside the region, onto the node that is never struck, with a template of its own. It reaches the API
    /// server without the region's road.
    ///
    /// # Errors
    /// What is missing or does not start.
    pub(super) async fn move_in(pods: &Pods, look: SocketAddr, node: &str) -> anyhow::Result<Self> {
        let machines = Machines::Pods(pods.clone());
        let fleet = Fleet::beside(machines.clone()).await?;
        let platform = Platform::new(fleet.ground.clone())?;
        platform.publish(PLAIN, &plain(&machines)).await?;
        let eye = Eye::new(look, &pods.namespace, &fleet.ground.region)?;
        let mut neighbour = Self { fleet, platform, eye, uids: BTreeMap::new() };
        only_on(node, neighbour.come(node)).await?;
        Ok(neighbour)
    }

    async fn come(&mut self, node: &str) -> anyhow::Result<()> {
        for name in SANDBOXES {
            let created = self.platform.create(name, PLAIN, "school-1").await?;
            let id = created["id"].as_str().context("a sandbox without id")?.to_owned();
            self.platform.phase(&id, Some("ready"), READY_MAX).await?;
            let pod = pod_of(&self.eye, &id).await?;
            ensure!(pod["spec"]["nodeName"] == node, "{id} is not on {node}");
            self.uids.insert(id, pod["metadata"]["uid"].to_string());
        }
        Ok(())
    }

    /// Whether its sandboxes are ready in the pods that they began with, and do what they are told; how many they are.
    ///
    /// # Errors
    /// Which was touched.
    pub(super) async fn is_untouched(&self) -> anyhow::Result<usize> {
        for (id, before) in &self.uids {
            let pod = pod_of(&self.eye, id).await?;
            let now = pod["metadata"]["uid"].to_string();
            ensure!(now == *before, "{id} of the other region has another pod: {before}, now {now}");
            ensure!(
                pod["metadata"]["deletionTimestamp"].is_null(),
                "{id} of the other region is being removed"
            );
            self.platform.phase(id, Some("ready"), READY_MAX).await?;
            let answer = self.platform.shell(id, "echo here").await?;
            ensure!(answer.trim() == "here", "{id} of the other region says {answer:?}");
        }
        Ok(self.uids.len())
    }

    /// Deletes its sandboxes, waits until nothing is left of them, and ends.
    ///
    /// # Errors
    /// What does not go.
    pub(super) async fn leave(self) -> anyhow::Result<()> {
        for id in self.uids.keys() {
            self.platform.delete(id).await?;
        }
        until("the other region has no pod", GONE_MAX, async || {
            Ok(self.eye.list("pods").await?.is_empty().then_some(()))
        })
        .await?;
        striker::deaths(&self.fleet)?;
        self.fleet.stop().await
    }
}
