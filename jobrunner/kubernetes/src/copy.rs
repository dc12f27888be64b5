//! One resumable watch that keeps the copy of a kind.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, pin_mut};
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, Resource};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::cache::{self, Cache, Differences};
use crate::call::{Answer, call, meaning, of_status};
use crate::gate::Gate;

/// Objects in one answer to a list.
const PAGE: u32 = 500;
const BACKOFF_FIRST: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(8);

/// What a watch can be made of.
pub(crate) trait Kind:
    Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static
{
}
impl<K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static> Kind for K {}

/// The copy of a kind.
#[derive(Debug)]
pub(crate) struct Copy<K> {
    api: Api<K>,
    gate: Arc<Gate>,
    labels: String,
    fields: String,
    cache: Mutex<Cache<K>>,
    filled: watch::Sender<bool>,
    /// Told of every change.
    changes: watch::Sender<u64>,
    /// Asks for a new list.
    distrust: Notify,
}

/// Which objects.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) labels: String,
    pub(crate) fields: String,
}

impl<K: Kind> Copy<K> {
    /// An empty copy, until [`Copy::follow`] runs.
    pub(crate) fn new(
        api: Api<K>,
        gate: Arc<Gate>,
        selection: Selection,
        changes: watch::Sender<u64>,
    ) -> Self {
        Self {
            api,
            gate,
            labels: selection.labels,
            fields: selection.fields,
            cache: Mutex::default(),
            filled: watch::Sender::new(false),
            changes,
            distrust: Notify::new(),
        }
    }

    /// The objects' door.
    pub(crate) fn api(&self) -> &Api<K> {
        &self.api
    }

    /// Takes in an object that a request answered with.
    pub(crate) fn put(&self, object: K) {
        if self.cache.lock().put(object) {
            self.tell();
        }
    }

    /// The object with this uid.
    pub(crate) fn get(&self, uid: &str) -> Option<Arc<K>> {
        self.cache.lock().get(uid)
    }

    /// Every object.
    pub(crate) fn all(&self) -> Vec<Arc<K>> {
        self.cache.lock().all()
    }

    /// Waits until the copy was complete once.
    pub(crate) async fn is_filled(&self) {
        // The sender lives as long as `self`.
        let _ = self.filled.subscribe().wait_for(|filled| *filled).await;
    }

    /// Gives up the watch and lists anew: it was found not to tell what happens.
    pub(crate) fn distrust(&self) {
        self.distrust.notify_one();
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Keeps the copy for ever.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut version = None;
        let mut pause = BACKOFF_FIRST;
        loop {
            let ended = match version.take() {
                None => self.list().await,
                Some(from) => self.watch(from).await,
            };
            match ended {
                Ok(next) => {
                    pause = BACKOFF_FIRST;
                    version = next;
                }
                Err(answer) => {
                    tracing::warn!(kubernetes.kind = %K::kind(&()), error = ?answer, "the watch was lost");
                    sleep(pause).await;
                    pause = (pause * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    /// Lists everything; the version from which to watch.
    async fn list(&self) -> Result<Option<String>, Answer> {
        let mut params = self.params();
        let mut objects = Vec::new();
        let version = loop {
            let page = call(&self.gate, self.api.list(&params)).await?;
            objects.extend(page.items);
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params.continue_token = Some(token),
                None => break page.metadata.resource_version,
            }
        };
        self.cache.lock().fill(objects, cache::number(version.as_deref()));
        self.filled.send_replace(true);
        self.tell();
        Ok(version)
    }

    fn params(&self) -> ListParams {
        ListParams::default().labels(&self.labels).fields(&self.fields).limit(PAGE)
    }

    /// Watches until the stream ends; the version from which to go on, or none to list anew.
    async fn watch(&self, from: String) -> Result<Option<String>, Answer> {
        let params = WatchParams::default().labels(&self.labels).fields(&self.fields);
        let stream = call(&self.gate, self.api.watch(&params, &from)).await;
        let stream = match stream {
            Err(Answer::Gone) => return Ok(None),
            other => other?,
        };
        pin_mut!(stream);
        let mut version = from;
        loop {
            let event = tokio::select! {
                event = stream.next() => event,
                () = self.distrust.notified() => return Ok(None),
            };
            match event {
                None => return Ok(Some(version)),
                Some(Err(error)) => {
                    tracing::info!(kubernetes.kind = %K::kind(&()), error = ?meaning(error), "the watch is resumed");
                    sleep(BACKOFF_FIRST).await;
                    return Ok(Some(version));
                }
                Some(Ok(event)) => match self.take(event)? {
                    Some(next) => version = next,
                    None => return Ok(None),
                },
            }
        }
    }

    /// Takes in an event; the version that it brought, or none when the watch is too old to go on.
    fn take(&self, event: WatchEvent<K>) -> Result<Option<String>, Answer> {
        let version = |object: &K| object.meta().resource_version.clone();
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                let version = version(&object);
                self.put(object);
                Ok(version)
            }
            WatchEvent::Deleted(object) => {
                self.cache.lock().remove(object.meta());
                self.tell();
                Ok(version(&object))
            }
            WatchEvent::Bookmark(bookmark) => Ok(Some(bookmark.metadata.resource_version)),
            WatchEvent::Error(status) => match of_status(&status) {
                Answer::Gone => Ok(None),
                other => Err(other),
            },
        }
    }

    /// Compares the copy with the cluster, by a list of names that is complete at the time of asking, and gets what is
    /// missing. How many objects are behind.
    ///
    /// # Errors
    /// The request failed: nothing is known then.
    pub(crate) async fn verify(&self) -> Result<usize, Answer> {
        let mut params = self.params();
        let mut listed = Vec::new();
        let version = loop {
            let page = call(&self.gate, self.api.list_metadata(&params)).await?;
            listed.extend(page.items.into_iter().map(|item| item.metadata));
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params.continue_token = Some(token),
                None => break page.metadata.resource_version,
            }
        };
        let Differences { missing, behind, vanished } =
            self.cache.lock().compare(&listed, cache::number(version.as_deref()));
        if vanished > 0 {
            self.tell();
        }
        for name in &missing {
            if let Some(object) = call(&self.gate, self.api.get_opt(name)).await? {
                self.put(object);
            }
        }
        Ok(behind + missing.len() + vanished)
    }
}
