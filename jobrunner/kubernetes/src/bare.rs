//! For tests and benchmarks: pods and nothing else, as a caller would make them who has no region.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, PostParams, WatchEvent, WatchParams};
use kube::{Api, Client};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::names::SANDBOX;
use crate::{Config, connect};

/// The longest watch that the API server is asked for, in seconds.
const WATCH_MAX_S: u32 = 290;
/// A run that takes longer fails.
const RUN_MAX: Duration = Duration::from_mins(10);

/// Why pods could not be made or seen.
#[derive(Debug, thiserror::Error)]
pub enum BareError {
    /// The cluster cannot be used at all.
    #[error(transparent)]
    Connect(#[from] connect::Error),
    /// The API server refused, or did not answer.
    #[error("the API server: {0}")]
    Call(String),
    /// Not every pod ran in time.
    #[error("{0} pods did not run within {RUN_MAX:?}")]
    Late(usize),
    /// A pod that is no pod.
    #[error("no pod: {0}")]
    Shape(String),
}

impl From<kube::Error> for BareError {
    fn from(error: kube::Error) -> Self {
        Self::Call(error.to_string())
    }
}

/// Pods of one namespace.
#[derive(Clone, Debug)]
pub struct Bare(Api<Pod>);

impl Bare {
    /// The pods of a namespace, by a kubeconfig.
    ///
    /// # Errors
    /// [`BareError::Connect`].
    pub async fn open(kubeconfig: &Path, namespace: &str) -> Result<Self, BareError> {
        let config = Config { kubeconfig: Some(kubeconfig.to_owned()), ..Config::new(namespace, "none") };
        let client: Client = connect::client(&config).await?;
        Ok(Self(Api::namespaced(client, namespace)))
    }

    /// The pod of a sandbox as it was asked for: what the cluster has added to it is taken away. It is given another
    /// name, and labels that no other pod has, because a network tells pods apart by their labels.
    ///
    /// # Errors
    /// [`BareError`], also when there is none.
    pub async fn copy_of(&self, sandbox: &str, name: &str) -> Result<Value, BareError> {
        let params = ListParams::default().labels(&format!("{SANDBOX}={sandbox}"));
        let found = self.0.list(&params).await?.items.into_iter().next();
        let pod = found.ok_or_else(|| BareError::Shape(format!("{sandbox} has none")))?;
        let mut pod = serde_json::to_value(pod).map_err(|error| BareError::Shape(error.to_string()))?;
        let mut labels = pod["metadata"]["labels"].take();
        labels[SANDBOX] = json!(name);
        let annotations = pod["metadata"]["annotations"].take();
        if let Some(spec) = pod["spec"].as_object_mut() {
            spec.remove("nodeName");
        }
        let metadata = json!({"name": name, "labels": labels, "annotations": annotations});
        Ok(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"].take()}))
    }

    /// Creates pods, so many at once, under one watch that was opened before; how long each took from its POST until
    /// the watch said that it is ready.
    ///
    /// # Errors
    /// [`BareError`].
    pub async fn run(&self, pods: &[Value], at_once: usize) -> Result<Vec<Duration>, BareError> {
        let read = |pod: &Value| serde_json::from_value(pod.clone());
        let pods: Result<Vec<Pod>, _> = pods.iter().map(read).collect();
        let pods = pods.map_err(|error| BareError::Shape(error.to_string()))?;
        let names: BTreeSet<String> = pods.iter().filter_map(|pod| pod.metadata.name.clone()).collect();
        let list = self.0.list_metadata(&ListParams::default()).await?;
        let from = list.metadata.resource_version.unwrap_or_default();
        let watch = self.0.watch(&WatchParams::default().timeout(WATCH_MAX_S), &from).await?;
        let (begun, ready) = (Mutex::new(BTreeMap::new()), Mutex::new(BTreeMap::new()));
        let watched = tokio::time::timeout(RUN_MAX, self.until_ready(watch.boxed(), from, &names, &ready));
        let watched = async {
            watched.await.unwrap_or_else(|_| Err(BareError::Late(names.len() - ready.lock().len())))
        };
        tokio::try_join!(self.post(&pods, at_once, &begun), watched)?;
        let begun = begun.into_inner();
        let took = |(name, at): (String, Instant)| Some(at.duration_since(*begun.get(&name)?));
        Ok(ready.into_inner().into_iter().filter_map(took).collect())
    }

    /// Notes when each of these pods was seen to be ready. A watch ends when its reader falls behind a burst; it is taken
    /// up where it was, as every client of the cluster does.
    async fn until_ready(
        &self,
        mut watch: BoxStream<'_, kube::Result<WatchEvent<Pod>>>,
        mut from: String,
        names: &BTreeSet<String>,
        ready: &Mutex<BTreeMap<String, Instant>>,
    ) -> Result<(), BareError> {
        while ready.lock().len() < names.len() {
            let Some(event) = watch.next().await else {
                let params = WatchParams::default().timeout(WATCH_MAX_S);
                watch = self.0.watch(&params, &from).await?.boxed();
                continue;
            };
            let (WatchEvent::Added(pod) | WatchEvent::Modified(pod) | WatchEvent::Deleted(pod)) = event?
            else {
                continue;
            };
            from = pod.metadata.resource_version.clone().unwrap_or(from);
            let name = pod.metadata.name.clone().unwrap_or_default();
            if is_ready(&pod) && names.contains(&name) {
                ready.lock().entry(name).or_insert_with(Instant::now);
            }
        }
        Ok(())
    }

    async fn post(
        &self,
        pods: &[Pod],
        at_once: usize,
        begun: &Mutex<BTreeMap<String, Instant>>,
    ) -> Result<(), BareError> {
        let posts = stream::iter(pods).map(async |pod| {
            begun.lock().insert(pod.metadata.name.clone().unwrap_or_default(), Instant::now());
            self.0.create(&PostParams::default(), pod).await.map(drop)
        });
        let mut posts = Box::pin(posts.buffer_unordered(at_once));
        while let Some(posted) = posts.next().await {
            posted?;
        }
        Ok(())
    }

    /// Deletes every pod of the namespace at once, without any farewell, and waits until they are gone.
    ///
    /// # Errors
    /// [`BareError`].
    pub async fn clear(&self) -> Result<(), BareError> {
        const PAUSE: Duration = Duration::from_millis(100);
        let params = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        self.0.delete_collection(&params, &ListParams::default()).await?;
        while !self.0.list_metadata(&ListParams::default().limit(1)).await?.items.is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
