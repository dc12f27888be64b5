//! Looks at the region's pods all the time: by the processes of this computer and what they have mounted, which is true
//! even while no API server answers, and by the API. Never two machines for one, never one home in two pods.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::chaos::inspector::check_single;
use crate::processes::{Ground, LiveMachine};

const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// The API is asked at every so many looks.
const LOOKS_PER_LIST: u64 = 5;
const ANSWER_MAX: Duration = Duration::from_secs(2);
const REGION: &str = "qingjiao.io/region";
const SANDBOX: &str = "qingjiao.io/sandbox";
const MACHINE: &str = "qingjiao.io/machine";
/// Where templates have their homes.
const HOME: &str = "/home/student";
const EXPIRES_AT: &str = "qingjiao.io/expires-at";

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Inspected {
    /// Looks at the processes, and lists of the API.
    pub(super) looks: (u64, u64),
    /// Machines that lived, over all looks.
    pub(super) machines: BTreeSet<(String, String, String)>,
    /// Homes that machines had mounted, over all looks.
    pub(super) homes: BTreeSet<String>,
    /// Services and network policies of sandboxes, over all lists.
    pub(super) networks: BTreeSet<String>,
}

/// Asks the API about one namespace.
#[derive(Clone, Debug)]
pub(super) struct Eye {
    client: reqwest::Client,
    /// Where the API is.
    api: String,
    namespace: String,
    region: String,
}

impl Eye {
    /// An eye on a region's namespace, by an address that needs no credentials.
    pub(super) fn new(behind: std::net::SocketAddr, namespace: &str, region: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(ANSWER_MAX).build()?;
        let api = format!("http://{behind}");
        Ok(Self { client, api, namespace: namespace.to_owned(), region: region.to_owned() })
    }

    /// The region's objects of a kind of the core group, as the API tells.
    ///
    /// # Errors
    /// It does not answer.
    pub(super) async fn list(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = self.labelled("api/v1", kind).await?;
        // What only looks like the region's bears another name.
        items.retain(|item| {
            let (name, sandbox) = (item["metadata"]["name"].as_str(), label(item, SANDBOX));
            name.is_some_and(|name| !sandbox.is_empty() && name.starts_with(&format!("{sandbox}-")))
        });
        Ok(items)
    }

    /// The services and network policies that single sandboxes of the region have.
    ///
    /// # Errors
    /// The API does not answer.
    pub(super) async fn networks(&self) -> anyhow::Result<Vec<Value>> {
        let mut items = self.labelled("api/v1", "services").await?;
        items.extend(self.labelled("apis/networking.k8s.io/v1", "networkpolicies").await?);
        items.retain(|item| {
            let sandbox = label(item, SANDBOX);
            !sandbox.is_empty() && item["metadata"]["name"] == sandbox
        });
        Ok(items)
    }

    async fn labelled(&self, group: &str, kind: &str) -> anyhow::Result<Vec<Value>> {
        let Self { api, namespace, region, .. } = self;
        let url = format!("{api}/{group}/namespaces/{namespace}/{kind}?labelSelector={REGION}={region}");
        let mut answer: Value = self.client.get(url).send().await?.error_for_status()?.json().await?;
        let items = answer["items"].as_array_mut().context("a list without items")?;
        Ok(std::mem::take(items))
    }

    /// Asks for the eviction of a pod.
    ///
    /// # Errors
    /// What the API says.
    pub(super) async fn evict(&self, pod: &str) -> anyhow::Result<()> {
        let body =
            serde_json::json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}});
        let url = format!("{}/api/v1/namespaces/{}/pods/{pod}/eviction", self.api, self.namespace);
        self.client.post(url).json(&body).send().await?.error_for_status()?;
        Ok(())
    }

    /// What is left of sandboxes that are not among these: pods, services, network policies, and volumes without the
    /// date on which they go.
    ///
    /// # Errors
    /// The API does not answer.
    pub(super) async fn left(&self, live: &BTreeSet<String>) -> anyhow::Result<Vec<String>> {
        let mut left = self.list("pods").await?;
        left.extend(self.networks().await?);
        let claims = self.list("persistentvolumeclaims").await?;
        left.extend(
            claims.into_iter().filter(|claim| claim["metadata"]["annotations"][EXPIRES_AT].is_null()),
        );
        left.retain(|item| !live.contains(label(item, SANDBOX)));
        Ok(left.iter().map(|item| item["metadata"]["name"].to_string()).collect())
    }
}

/// Looks until `stop`.
///
/// # Errors
/// As soon as two machines live for one, or a home is in two pods.
pub(super) async fn inspect(
    ground: Arc<Ground>,
    eye: Eye,
    stop: CancellationToken,
) -> anyhow::Result<Inspected> {
    let mut inspected = Inspected::default();
    while !stop.is_cancelled() {
        let living = LiveMachine::all(&ground.region);
        check_single(&living)?;
        inspected.homes.extend(check_homes(&living)?);
        inspected.machines.extend(living.into_iter().map(|it| (it.sandbox, it.machine, it.incarnation)));
        inspected.looks.0 += 1;
        // No answer is no finding.
        if inspected.looks.0.is_multiple_of(LOOKS_PER_LIST)
            && let Ok((pods, networks)) = tokio::try_join!(eye.list("pods"), eye.networks())
        {
            check_pods(&pods)?;
            let name = |it: &Value| format!("{}/{}", it["metadata"]["uid"], it["metadata"]["name"]);
            inspected.networks.extend(networks.iter().map(name));
            inspected.looks.1 += 1;
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(inspected)
}

/// The volumes that machines have mounted as their homes.
///
/// # Errors
/// Two machines have the same.
fn check_homes(living: &[LiveMachine]) -> anyhow::Result<Vec<String>> {
    let mut mounted: BTreeMap<String, &LiveMachine> = BTreeMap::new();
    for machine in living {
        let Some(home) = machine.mounted_at(HOME) else { continue };
        let Some(other) = mounted.insert(home.clone(), machine) else { continue };
        // The processes were not read at one moment: only two that have it now are two.
        let has_it = |machine: &LiveMachine| machine.mounted_at(HOME).as_ref() == Some(&home);
        let both = has_it(other) && has_it(machine) && other.is_alive() && machine.is_alive();
        ensure!(!both, "two machines have the home {home} mounted: {machine:?} and {other:?}");
    }
    Ok(mounted.into_keys().collect())
}

fn check_pods(pods: &[Value]) -> anyhow::Result<()> {
    let (mut machines, mut homes) = (BTreeMap::new(), BTreeMap::new());
    let has_ended = |pod: &Value| matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    for pod in pods.iter().filter(|pod| !has_ended(pod)) {
        let name = pod["metadata"]["name"].to_string();
        let other = machines.insert((label(pod, SANDBOX), label(pod, MACHINE)), name.clone());
        ensure!(other.is_none(), "two pods for one machine: {name} and {other:?}");
        for volume in pod["spec"]["volumes"].as_array().into_iter().flatten() {
            let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() else { continue };
            let other = homes.insert(claim, name.clone());
            ensure!(other.is_none(), "the home {claim} is in two pods: {name} and {other:?}");
        }
    }
    Ok(())
}

fn label<'a>(item: &'a Value, key: &str) -> &'a str {
    item["metadata"]["labels"][key].as_str().unwrap_or_default()
}
