//! Makes room: which images go, and in which order they are forgotten and removed.
//!
//! Whole images go, least recently used first, because half an image starts nowhere. What is pinned, being
//! read, or needed by an image that stays is left. The catalogue forgets first and durably; only then do
//! blobs go, so that no crash leaves an image that is told to be whole and is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use crate::bounds::Evict;
use crate::catalog::Catalog;
use crate::clock::SharedClock;
use crate::digest::Digest;
use crate::graph::Graph;
use crate::place::{Entry, Place, Removed};

/// What is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Victims {
    /// Manifests to forget.
    pub manifests: BTreeSet<Digest>,
    /// Blobs to remove, each with its size in bytes.
    pub blobs: BTreeMap<Digest, u64>,
}

impl Victims {
    /// What their removal frees.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.blobs.values().sum()
    }
}

/// Chooses victims until `bytes` would be free, or nothing is left to choose. Blobs that no image needs go
/// before any image does.
#[must_use]
pub fn choose(graph: &Graph, stored: &[Entry], bytes: u64) -> Victims {
    let mut needs = graph.needs();
    let free: BTreeMap<_, _> =
        stored.iter().filter(|entry| !entry.in_use).map(|entry| (entry.digest.clone(), entry.size)).collect();
    let mut victims = Victims::default();
    for (digest, size) in free.iter().filter(|(digest, _)| !needs.contains_key(*digest)) {
        if victims.bytes() >= bytes {
            return victims;
        }
        victims.blobs.insert(digest.clone(), *size);
    }
    for digest in least_recently_used(graph) {
        if victims.bytes() >= bytes {
            break;
        }
        take(graph, digest, &mut needs, &free, &mut victims);
    }
    forget_empty_indexes(graph, &mut victims);
    victims
}

/// Images that may go, the longest unused first. An index is not chosen: it goes with its last image.
fn least_recently_used(graph: &Graph) -> Vec<&Digest> {
    let may_go = graph
        .nodes
        .iter()
        .filter(|(digest, node)| !graph.pinned.contains(*digest) && node.children.is_empty());
    let mut images: Vec<_> = may_go.map(|(digest, node)| (node.used_ms, digest)).collect();
    images.sort();
    images.into_iter().map(|(_, digest)| digest).collect()
}

fn take(
    graph: &Graph,
    image: &Digest,
    needs: &mut BTreeMap<Digest, u32>,
    free: &BTreeMap<Digest, u64>,
    victims: &mut Victims,
) {
    let Some(node) = graph.nodes.get(image) else { return };
    let distinct: BTreeSet<_> = node.blobs.iter().map(|blob| &blob.digest).collect();
    for digest in distinct {
        let Some(count) = needs.get_mut(digest) else { continue };
        *count -= 1;
        if *count == 0
            && let Some(size) = free.get(digest)
        {
            victims.blobs.insert(digest.clone(), *size);
        }
    }
    victims.manifests.insert(image.clone());
}

/// An index none of whose images is kept any more is no use to a node without its upstream. With it an index that
/// points at it may become one.
fn forget_empty_indexes(graph: &Graph, victims: &mut Victims) {
    loop {
        let empty: Vec<_> =
            graph.nodes.keys().filter(|digest| is_empty_index(graph, digest, victims)).collect();
        if empty.is_empty() {
            return;
        }
        victims.manifests.extend(empty.into_iter().cloned());
    }
}

fn is_empty_index(graph: &Graph, digest: &Digest, victims: &Victims) -> bool {
    let children = graph.nodes.get(digest).map(|node| node.children.as_slice()).unwrap_or_default();
    let mut kept = children.iter().filter(|child| graph.nodes.contains_key(&child.link.digest)).peekable();
    kept.peek().is_some()
        && !graph.pinned.contains(digest)
        && !victims.manifests.contains(digest)
        && kept.all(|child| victims.manifests.contains(&child.link.digest))
}

/// Eviction on a catalogue and a place.
#[derive(Debug)]
pub struct Evictor {
    catalog: Arc<Catalog>,
    place: Arc<dyn Place>,
    clock: SharedClock,
    one_at_a_time: tokio::sync::Mutex<()>,
}

impl Evictor {
    /// Chooses from `catalog` and removes from `place`.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, place: Arc<dyn Place>, clock: SharedClock) -> Self {
        Self { catalog, place, clock, one_at_a_time: tokio::sync::Mutex::new(()) }
    }
}

#[async_trait]
impl Evict for Evictor {
    async fn free(&self, bytes: u64) -> u64 {
        let _turn = self.one_at_a_time.lock().await;
        let (catalog, place, now_ms) = (self.catalog.clone(), self.place.clone(), self.clock.now_ms());
        let removal = tokio::task::spawn_blocking(move || {
            let victims = choose(&Graph::read(&catalog, now_ms)?, &place.list(), bytes);
            remove(&catalog, &*place, &victims)
        });
        match removal.await {
            Ok(Ok(freed)) => freed,
            Ok(Err(error)) => {
                tracing::error!(error = %error, "cannot make room");
                0
            }
            Err(error) => {
                tracing::error!(error = %error, "making room failed");
                0
            }
        }
    }
}

fn remove(catalog: &Catalog, place: &dyn Place, victims: &Victims) -> Result<u64, crate::catalog::Error> {
    if victims.manifests.is_empty() && victims.blobs.is_empty() {
        return Ok(0);
    }
    catalog.forget(&victims.manifests, &victims.blobs.keys().cloned().collect())?;
    let mut freed = 0;
    for digest in victims.blobs.keys() {
        match place.remove(digest) {
            Ok(Removed::Freed(bytes)) => freed += bytes,
            Ok(Removed::InUse | Removed::Absent) => {}
            Err(error) => tracing::error!(blob.digest = %digest, error = %error, "cannot remove a blob"),
        }
    }
    tracing::info!(images = victims.manifests.len(), blobs = victims.blobs.len(), bytes = freed, "made room");
    Ok(freed)
}

#[cfg(test)]
mod tests;
