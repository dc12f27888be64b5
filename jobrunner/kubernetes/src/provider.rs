//! The provider's door.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::id::RegionName;
use domain::provider::{
    Batch, Capacity, Ensured, Error as ProviderError, Inventory, Limits, Provider, Resource, ResourceId,
};
use domain::time::{Clock, Timestamp};
use futures_util::future::join_all;
use k8s_openapi::api::core::v1::Pod;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::connect::{self, Error};
use crate::names::{self, ObjectId};
use crate::observe::{self, Around, LastEvents};
use crate::{Config, ensure, remove, room};

const BATCH_MEMBERS_MAX: usize = 16;
const CONCURRENT_CALLS_MAX: usize = 16;
/// News that come together wake one tick.
const GATHER: Duration = Duration::from_millis(50);

/// Runs machines as pods of a cluster.
pub struct Kubernetes {
    cluster: Arc<Cluster>,
    /// What [`Provider::changed`] has told.
    told: Mutex<watch::Receiver<u64>>,
    /// The watches; they end with this value.
    _watches: JoinSet<()>,
}

impl fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubernetes").field("region", &self.cluster.region).finish_non_exhaustive()
    }
}

impl Kubernetes {
    /// The provider of a region in the cluster that the configuration names. Returns before the cluster was reached:
    /// one that is away for a while is no reason not to start.
    ///
    /// # Errors
    /// [`Error`] when the configuration cannot be used.
    pub async fn open(region: RegionName, config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let client = connect::client(&config).await?;
        let cluster = Arc::new(Cluster::new(region, config, clock, client));
        let mut watches = JoinSet::new();
        cluster.follow(&mut watches);
        let told = Mutex::new(cluster.changes.subscribe());
        Ok(Self { cluster, told, _watches: watches })
    }

    fn machines(&self) -> Vec<Resource> {
        let cluster = &self.cluster;
        let nodes = cluster.nodes.all();
        let alive: BTreeSet<_> = nodes
            .iter()
            .filter(|node| !room::is_lost(node))
            .filter_map(|node| node.metadata.name.as_deref())
            .collect();
        let events = LastEvents::of(&cluster.events.all());
        let claims = cluster.claims.all();
        let unbound = observe::unbound(&claims);
        let around = |pod: &Pod| {
            let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
            let tags = names::tags(domain::provider::Kind::Machine, &pod.metadata);
            let id = ObjectId::of(domain::provider::Kind::Machine, &pod.metadata);
            let is_ours =
                tags.zip(id).is_some_and(|(tags, id)| cluster.fence.is_removed(&tags, &id.resource()));
            Around {
                node_is_lost: node.is_some_and(|node| !alive.contains(node)),
                is_deleted_by_us: is_ours,
                event: pod.metadata.uid.as_deref().and_then(|uid| events.about(uid)),
                home_event: observe::claim_of(pod)
                    .and_then(|claim| unbound.get(claim))
                    .and_then(|uid| events.about(uid)),
                now: cluster.clock.now(),
            }
        };
        let port = cluster.config.agent_port;
        cluster.pods.all().iter().filter_map(|pod| observe::machine(pod, port, around(pod))).collect()
    }
}

#[async_trait]
impl Provider for Kubernetes {
    fn runs(&self) -> &'static str {
        "container"
    }

    fn limits(&self) -> Limits {
        Limits { batch_members: BATCH_MEMBERS_MAX, concurrent_calls: CONCURRENT_CALLS_MAX }
    }

    async fn ensure(&self, batch: &Batch) -> Vec<Ensured> {
        join_all(batch.members.iter().map(|spec| ensure::ensure(&self.cluster, spec))).await
    }

    async fn delete(&self, resources: &[ResourceId]) -> Result<(), ProviderError> {
        remove::remove(&self.cluster, resources).await
    }

    async fn list(&self) -> Result<Inventory, ProviderError> {
        self.cluster.filled().await?;
        let as_of = self.cluster.verification.as_of(&self.cluster).await?;
        let mut resources = self.machines();
        resources.extend(self.cluster.claims.all().iter().filter_map(|claim| observe::home(claim)));
        Ok(Inventory { as_of, resources })
    }

    async fn keep_home(&self, home: &ResourceId, until: Option<Timestamp>) -> Result<(), ProviderError> {
        remove::keep_home(&self.cluster, home, until).await
    }

    async fn capacity(&self) -> Result<Capacity, ProviderError> {
        let (cluster, config, as_of) = (&self.cluster, &self.cluster.config, self.cluster.clock.now());
        let all = cluster.room().await?.capacity(config, as_of);
        // A node of a placement tells nothing to machines that name none.
        let Capacity { largest, .. } =
            cluster.room_in(&config.default_place()).await?.capacity(config, as_of);
        Ok(Capacity { largest, ..all })
    }

    async fn changed(&self) {
        let mut told = self.told.lock().await;
        if told.changed().await.is_err() {
            return std::future::pending().await;
        }
        sleep(GATHER).await;
        told.mark_unchanged();
    }
}
