//! Everything that calls share: the client, the copies of what is in the cluster, the fence.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use domain::id::RegionName;
use domain::provider::Error;
use domain::time::Clock;
use k8s_openapi::api::core::v1::{Event, Node, PersistentVolumeClaim, Pod};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

use crate::Config;
use crate::copy::Copy;
use crate::fence::Fence;
use crate::gate::Gate;
use crate::names::REGION;
use crate::others::Others;
use crate::place::Place;
use crate::policies::Policies;
use crate::room::{self, Room};
use crate::verify::Verification;

/// How long a call waits for the first complete list.
const FILLED_WITHIN: Duration = Duration::from_secs(15);

/// One region's view of a cluster.
pub(crate) struct Cluster {
    pub(crate) region: RegionName,
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) client: Client,
    pub(crate) gate: Arc<Gate>,
    pub(crate) pods: Arc<Copy<Pod>>,
    pub(crate) claims: Arc<Copy<PersistentVolumeClaim>>,
    pub(crate) nodes: Arc<Copy<Node>>,
    pub(crate) events: Arc<Copy<Event>>,
    pub(crate) policies: Policies,
    pub(crate) others: Others,
    pub(crate) fence: Fence,
    pub(crate) verification: Verification,
    /// Counts what changed about machines and homes.
    pub(crate) changes: watch::Sender<u64>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Cluster {
    /// The view of a region, still empty.
    pub(crate) fn new(region: RegionName, config: Config, clock: Arc<dyn Clock>, client: Client) -> Self {
        let gate = Arc::new(Gate::new(config.requests_per_second));
        let changes = watch::Sender::new(0);
        // Nodes and events only explain: they are looked at when something else wakes a tick.
        let unheard = watch::Sender::new(0);
        let ours = || format!("{REGION}={region}");
        let space = config.namespace.as_str();
        Self {
            pods: copy(Api::namespaced(client.clone(), space), &gate, ours(), &changes),
            claims: copy(Api::namespaced(client.clone(), space), &gate, ours(), &changes),
            nodes: copy(Api::all(client.clone()), &gate, String::new(), &unheard),
            // Those about claims too, which tell why a home has no volume: hardly any are about anything else.
            events: copy(Api::namespaced(client.clone(), space), &gate, String::new(), &unheard),
            policies: Policies::default(),
            others: Others::default(),
            fence: Fence::default(),
            verification: Verification::default(),
            changes,
            region,
            config,
            clock,
            client,
            gate,
        }
    }

    /// Starts the watches.
    pub(crate) fn follow(&self, tasks: &mut JoinSet<()>) {
        tasks.spawn(self.pods.clone().follow());
        tasks.spawn(self.claims.clone().follow());
        tasks.spawn(self.nodes.clone().follow());
        tasks.spawn(self.events.clone().follow());
    }

    /// Waits until the copies that everything depends on were complete once.
    pub(crate) async fn filled(&self) -> Result<(), Error> {
        let all = async {
            self.pods.is_filled().await;
            self.claims.is_filled().await;
            self.nodes.is_filled().await;
        };
        let detail = || "the cluster was not listed yet".to_owned();
        timeout(FILLED_WITHIN, all).await.map_err(|_| Error::Unavailable { detail: detail() })
    }

    /// The room of the cluster's nodes now, of every placement.
    pub(crate) async fn room(&self) -> Result<Room, Error> {
        self.room_of(|_| true, |_| true).await
    }

    /// The room now for machines of one place.
    pub(crate) async fn room_in(&self, place: &Place<'_>) -> Result<Room, Error> {
        let room = self.room_of(|node| place.may_take_machines(node), |pod| place.is_taken_by(pod)).await?;
        let (nodes, pods) = (self.nodes.all(), self.pods.all());
        let open = nodes.iter().filter(|node| place.takes_machines(node) && !place.is_used_up(node, &pods));
        let open: BTreeSet<&str> = open.filter_map(|node| node.metadata.name.as_deref()).collect();
        Ok(room.only(|name| open.contains(name)))
    }

    /// The room of the nodes that `on` chooses, with what others and the pods that `by` chooses take of it.
    async fn room_of(&self, on: impl Fn(&Node) -> bool, by: impl Fn(&Pod) -> bool) -> Result<Room, Error> {
        self.filled().await?;
        let others = self.others.taken(self).await?;
        let nodes = self.nodes.all();
        let ours = self.pods.all();
        let ours = ours.iter().filter(|pod| by(pod)).filter_map(|pod| room::taken(&self.config, pod));
        let nodes = nodes.iter().map(|node| &**node).filter(|node| on(node));
        Ok(Room::new(&self.config, nodes, ours, others.into_iter()))
    }
}

fn copy<K: crate::copy::Kind>(
    api: Api<K>,
    gate: &Arc<Gate>,
    labels: String,
    changes: &watch::Sender<u64>,
) -> Arc<Copy<K>> {
    Arc::new(Copy::new(api, gate.clone(), labels, changes.clone()))
}
