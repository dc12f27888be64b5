//! What the process in the cluster's network is told, and what it answers.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::region::{Nodes, Region};
use super::results::Results;
use super::{many, pairs, routes};

/// The first argument of a process that measures.
const INSIDE: &str = "inside-cluster";

/// What is to be measured, and with what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) agent_image: String,
    pub(super) audit_log: PathBuf,
    pub(super) pairs: usize,
    pub(super) many: usize,
    pub(super) rounds: usize,
}

/// The order that a process was started with.
pub(super) fn given(mut arguments: impl Iterator<Item = String>) -> Option<String> {
    (arguments.nth(1)? == INSIDE).then(|| arguments.next())?
}

impl Order {
    /// Has it carried out by another process of this program.
    pub(super) async fn carried_out_in(&self, cluster: &Cluster) -> anyhow::Result<Results> {
        let mut command = cluster.inside(&std::env::current_exe()?);
        command.arg(INSIDE).arg(serde_json::to_string(self)?);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = child.wait_with_output().await?;
        ensure!(output.status.success(), "the process in the cluster's network ended with {}", output.status);
        serde_json::from_slice(&output.stdout).context("its answer")
    }

    pub(super) async fn measure(&self) -> anyhow::Result<Results> {
        let mut results = Results::default();
        let region = Region::start("small", &self.agent_image, Nodes::Real).await?;
        pairs::measure(&region, self.pairs, &mut results).await?;
        routes::measure(&region, self.pairs, &mut results).await?;
        region.stop().await?;
        let region = Region::start("many", &self.agent_image, Nodes::Fake).await?;
        for _ in 0..self.rounds {
            many::measure(&region, self, &mut results).await?;
        }
        region.stop().await?;
        Ok(results)
    }
}
