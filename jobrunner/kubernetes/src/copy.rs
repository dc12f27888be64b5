//! One resumable watch that keeps the copy of a kind.

mod pause;

use std::fmt::Debug;
use std::mem;
use std::sync::Arc;

use domain::provider::Error;
use futures_util::{StreamExt as _, pin_mut};
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, Resource};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::cache::{self, Cache, Differences};
use crate::call::{Answer, call, meaning, of_status};
use crate::gate::Gate;
use pause::Pause;

/// Objects in one answer to a list.
const PAGE: u32 = 500;

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
    cache: Mutex<Cache<K>>,
    filled: watch::Sender<bool>,
    /// Told of every change.
    changes: watch::Sender<u64>,
    /// Asks for a new list.
    distrust: Notify,
}

/// Where a watch has come to.
#[derive(Debug)]
struct Place {
    /// It goes on after this version.
    version: String,
    /// It has told something since it was opened.
    has_told: bool,
}

/// How a watch that could be opened ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// As streams end: it goes on where it was.
    Over,
    /// It was found to tell nothing: everything is listed anew.
    Distrusted,
}

impl<K: Kind> Copy<K> {
    /// An empty copy of the objects with these labels, until [`Copy::follow`] runs.
    pub(crate) fn new(api: Api<K>, gate: Arc<Gate>, labels: String, changes: watch::Sender<u64>) -> Self {
        Self {
            api,
            gate,
            labels,
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
        let mut pause = Pause::default();
        loop {
            match self.list().await {
                Ok(version) => self.watch_from(version, &mut pause).await,
                Err(answer) => {
                    tracing::warn!(kubernetes.kind = %K::kind(&()), error = ?answer, "the objects cannot be listed");
                    pause.wait(Some(&answer)).await;
                }
            }
        }
    }

    /// Watches until everything must be listed anew. A watch that cannot be opened at the moment keeps its place; only
    /// an answer that the place is too old gives it up.
    async fn watch_from(&self, version: String, pause: &mut Pause) {
        let mut place = Place { version, has_told: false };
        loop {
            let begun = Instant::now();
            let ended = self.watch(&mut place).await;
            let has_stood = ended == Ok(End::Over) && begun.elapsed() > pause::MAX;
            if mem::take(&mut place.has_told) || has_stood {
                pause.reset();
            }
            match ended {
                Ok(End::Distrusted) => return,
                Err(Answer::Gone) => return pause.wait(None).await,
                Ok(End::Over) => pause.wait(None).await,
                Err(answer) => {
                    tracing::warn!(kubernetes.kind = %K::kind(&()), error = ?answer, "the watch was lost");
                    tokio::select! {
                        () = pause.wait(Some(&answer)) => (),
                        () = self.distrust.notified() => return,
                    }
                }
            }
        }
    }

    /// Lists everything; the version from which to watch.
    async fn list(&self) -> Result<String, Answer> {
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
        let detail = || "the API server gave a list without its version".to_owned();
        version.ok_or_else(|| Answer::Failed(Error::Unavailable { detail: detail() }))
    }

    fn params(&self) -> ListParams {
        ListParams::default().labels(&self.labels).limit(PAGE)
    }

    /// Watches from a place, which moves along, until the stream ends.
    ///
    /// # Errors
    /// It could not be opened, or the API server ended it with an answer; [`Answer::Gone`] when the place is too old.
    async fn watch(&self, place: &mut Place) -> Result<End, Answer> {
        let params = WatchParams::default().labels(&self.labels);
        let stream = call(&self.gate, self.api.watch(&params, &place.version)).await?;
        pin_mut!(stream);
        loop {
            let event = tokio::select! {
                event = stream.next() => event,
                () = self.distrust.notified() => return Ok(End::Distrusted),
            };
            match event {
                None => return Ok(End::Over),
                Some(Err(error)) => {
                    tracing::info!(kubernetes.kind = %K::kind(&()), error = ?meaning(error), "the watch is resumed");
                    return Ok(End::Over);
                }
                Some(Ok(event)) => {
                    let brought = self.take(event)?;
                    place.version = brought.unwrap_or(mem::take(&mut place.version));
                    place.has_told = true;
                }
            }
        }
    }

    /// Takes in an event; the version that it brought.
    ///
    /// # Errors
    /// It is an answer of the API server that ends the watch.
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
            WatchEvent::Error(status) => Err(of_status(&status)),
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

#[cfg(test)]
mod tests;
