//! The region under test, with all that is around it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use domain::time::Timestamp;
use serde_json::Value;
use tokio::task::JoinSet;

use super::crowd::Crowd;
use super::inspector::{Eye, Inspected, inspect};
use super::neighbour::Neighbour;
use super::road::Road;
use super::strangers::Strangers;
use super::tally::Tally;
use super::way::Way;
use super::weather::Weather;
use super::words::Words;
use super::{SETTLE_MAX, kinds};
use crate::chaos::platform::Platform;
use crate::chaos::tab::Tab;
use crate::chaos::templates::TERMINALS;
use crate::chaos::terminals::{self, Seen};
use crate::chaos::visitor::Visitor;
use crate::cluster::{self, Pods};
use crate::processes::{Fleet, Machines};

const READY_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(250);
const PARTS: [&str; 2] = ["etcd", "apiserver"];

/// Everything.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) seed: u64,
    pub(super) pods: Pods,
    /// What has hit.
    pub(super) tally: Arc<Tally>,
    pub(super) road: Road,
    pub(super) fleet: Fleet,
    pub(super) platform: Arc<Platform>,
    pub(super) crowd: Crowd,
    /// What sandboxes say.
    pub(super) words: Arc<Words>,
    pub(super) eye: Eye,
    pub(super) strangers: Strangers,
    pub(super) neighbour: Neighbour,
    /// Where the terminals are: this node is never struck.
    pub(super) safe_node: String,
    /// From when until when an API server that had just started knew nobody's rights.
    pub(super) restarts: Vec<(Timestamp, Timestamp)>,
    /// The sandbox of the terminals, which lives through every window.
    terminals: String,
    _look: Way,
    _listener: JoinSet<()>,
}

impl Scene {
    /// Starts a region, opens the terminals, lets strangers come and another region move in.
    ///
    /// # Errors
    /// What is missing or does not start.
    pub(super) async fn start(seed: u64, seats: usize) -> anyhow::Result<Self> {
        let pods = Pods::new(&format!("faults-{seed}")).await?;
        let (tally, words) = (Arc::<Tally>::default(), Arc::<Words>::default());
        let road = Road::open(seed, &pods.kubeconfig, tally.clone()).await?;
        let look = Way::of_the_administrator().await?;
        let machines = Machines::Pods(pods.clone().through(&road.kubeconfig()));
        let fleet = Fleet::start(machines.clone()).await?;
        let platform = Arc::new(Platform::new(fleet.ground.clone())?);
        for (name, template) in kinds::all(&machines) {
            platform.publish(name, &template).await?;
        }
        let mut crowd = Crowd::new(seed, seats, platform.clone());
        let eye = Eye::new(look.address, &pods.namespace, &fleet.ground.region)?;
        crowd.inspector.spawn(inspect(fleet.ground.clone(), eye.clone(), crowd.stop_all.clone()));
        let mut listener = JoinSet::new();
        listener.spawn(words.clone().listen(platform.clone(), crowd.stop_all.clone()));
        let terminals = open_terminals(&fleet, &platform, &mut crowd).await?;
        let pod = pod_of(&eye, &terminals).await?;
        let safe_node = pod["spec"]["nodeName"].as_str().context("a pod without a node")?.to_owned();
        let strangers = Strangers::come(&pods, &pod).await?;
        let neighbour = Neighbour::move_in(&pods, look.address, &safe_node).await?;
        Ok(Self {
            seed,
            pods,
            tally,
            road,
            fleet,
            platform,
            crowd,
            words,
            eye,
            strangers,
            neighbour,
            safe_node,
            restarts: Vec::new(),
            terminals,
            _look: look,
            _listener: listener,
        })
    }

    /// No more faults: every part runs, and everything comes through.
    ///
    /// # Errors
    /// What the cluster says.
    pub(super) async fn fair(&self) -> anyhow::Result<()> {
        for part in PARTS {
            cluster::command(&["resume", part]).await?;
        }
        self.road.set(Weather::Fair);
        self.road.go_on();
        Ok(())
    }

    /// The class comes to rest; how long that took.
    ///
    /// # Errors
    /// Who does not.
    pub(super) async fn settle(&mut self) -> anyhow::Result<Duration> {
        self.crowd.settle().await
    }

    /// The class goes; how many sandboxes it had.
    ///
    /// # Errors
    /// What was lost.
    pub(super) async fn dismiss(&mut self) -> anyhow::Result<u64> {
        self.crowd.dismiss(&self.terminals).await
    }

    /// Waits until nothing is left of what was deleted; how long that took.
    ///
    /// # Errors
    /// What is left.
    pub(super) async fn until_gone(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let live = BTreeSet::from([self.terminals.clone()]);
        loop {
            let listed = self.platform.list().await?;
            let mut left: Vec<_> =
                listed.iter().filter_map(|it| it["id"].as_str().map(str::to_owned)).collect();
            left.retain(|id| !live.contains(id));
            left.extend(self.eye.left(&live).await?);
            if left.is_empty() {
                return Ok(begun.elapsed());
            }
            ensure!(begun.elapsed() < SETTLE_MAX, "left {SETTLE_MAX:?} after it was deleted: {left:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Everybody goes, and nothing is left; what the terminals and the inspector saw.
    ///
    /// # Errors
    /// What they complain about, or what is left.
    pub(super) async fn end(mut self) -> anyhow::Result<(Vec<Seen>, Inspected)> {
        self.crowd.stop_all.cancel();
        let mut seen = Vec::new();
        while let Some(ended) = self.crowd.terminals.join_next().await {
            seen.push(ended??);
        }
        let inspected = self.crowd.inspector.join_next().await.context("nobody has looked")???;
        self.platform.delete(&self.terminals).await?;
        self.terminals = String::new();
        self.until_gone().await?;
        self.neighbour.leave().await?;
        self.fleet.stop().await?;
        self.strangers.leave().await?;
        self.pods.remove().await?;
        Ok((seen, inspected))
    }
}

async fn open_terminals(
    fleet: &Fleet,
    platform: &Arc<Platform>,
    crowd: &mut Crowd,
) -> anyhow::Result<String> {
    let created = platform.create("terminals", TERMINALS, "school-0").await?;
    let id = created["id"].as_str().context("a sandbox without id")?.to_owned();
    platform.phase(&id, Some("ready"), READY_MAX).await?;
    for (proxy, app) in ["count", "repeat"].into_iter().enumerate() {
        let visitor = Visitor::enter(fleet.ground.clone(), platform, (&id, app), proxy).await?;
        let (tab, stop) = (Tab::new(visitor, app, proxy), crowd.stop_all.clone());
        match app {
            "count" => crowd.terminals.spawn(terminals::count(tab, stop)),
            _ => crowd.terminals.spawn(terminals::repeat(tab, stop)),
        };
    }
    Ok(id)
}

/// The pod of a sandbox of one machine.
///
/// # Errors
/// There is none, or the API does not answer.
pub(super) async fn pod_of(eye: &Eye, sandbox: &str) -> anyhow::Result<Value> {
    let pods = eye.list("pods").await?;
    let of = |pod: &Value| pod["metadata"]["labels"]["qingjiao.io/sandbox"] == sandbox;
    pods.into_iter().find(of).with_context(|| format!("{sandbox} has no pod"))
}
