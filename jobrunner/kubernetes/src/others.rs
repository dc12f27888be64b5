//! What pods that are not this region's take of the nodes: asked for now and then, since it changes slowly.

use std::time::Duration;

use domain::provider::Error;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{ListParams, VersionMatch};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::call::call;
use crate::cluster::Cluster;
use crate::names::REGION;
use crate::room::{self, Taken};

/// How old the answer may be.
const AGE_MAX: Duration = Duration::from_secs(30);

/// The last answer.
#[derive(Debug, Default)]
pub(crate) struct Others(Mutex<Option<(Instant, Vec<Taken>)>>);

impl Others {
    /// What they take; what waits for a node takes nothing yet.
    pub(crate) async fn taken(&self, cluster: &Cluster) -> Result<Vec<Taken>, Error> {
        let mut last = self.0.lock().await;
        if let Some((_, taken)) = last.as_ref().filter(|(at, _)| at.elapsed() < AGE_MAX) {
            return Ok(taken.clone());
        }
        let pods: Api<Pod> = Api::all(cluster.client.clone());
        let params = ListParams::default()
            .labels(&format!("{REGION}!={}", cluster.region))
            .fields("status.phase!=Succeeded,status.phase!=Failed")
            // From the API server's own copy: cheap, and fresh enough.
            .at("0")
            .matching(VersionMatch::NotOlderThan);
        let listed = call(&cluster.gate, pods.list(&params)).await?;
        let taken = listed.items.iter().filter_map(|pod| room::taken(&cluster.config, pod));
        let taken: Vec<_> = taken.filter(|taken| taken.node.is_some()).collect();
        *last = Some((Instant::now(), taken.clone()));
        Ok(taken)
    }
}
