//! Makes room: which images go, and in which order they are forgotten and removed.
//!
//! Whole images go, least recently used first, because half an image starts nowhere. What is pinned, being
//! read, or needed by an image that stays is left. The catalogue forgets first and durably; only then do
//! blobs go, so that no crash leaves an image that is told to be whole and is not. What the catalogue keeps of an image
//! counts as its blobs do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;

use crate::bounds::Evict;
use crate::catalog::{Catalog, Error};
use crate::clock::{Milliseconds, SharedClock};
use crate::digest::Digest;
use crate::graph::{Graph, Node};
use crate::place::{Entry, Place, Removed};

/// What is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Victims {
    /// Manifests to forget.
    pub manifests: BTreeSet<Digest>,
    /// Blobs to remove, each with its size in bytes.
    pub blobs: BTreeMap<Digest, u64>,
    /// What the catalogue keeps of the manifests, in bytes.
    pub catalog_bytes: u64,
}

/// How much is to be free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In all, in bytes.
    pub bytes: u64,
    /// Of it in the catalogue, in bytes.
    pub catalog_bytes: u64,
}

impl Victims {
    /// What their removal frees.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.blobs.values().sum::<u64>() + self.catalog_bytes
    }

    fn suffice(&self, wanted: Wanted) -> bool {
        self.catalog_bytes >= wanted.catalog_bytes && self.bytes() >= wanted.bytes
    }

    fn forget(&mut self, digest: &Digest, node: &Node) {
        if self.manifests.insert(digest.clone()) {
            self.catalog_bytes += node.catalog_bytes;
        }
    }
}

/// Chooses victims until what is wanted would be free, or nothing is left to choose. Blobs that no image needs go
/// before any image does.
#[must_use]
pub fn choose(graph: &Graph, stored: &[Entry], wanted: Wanted) -> Victims {
    let mut needs = graph.needs();
    let free: BTreeMap<_, _> =
        stored.iter().filter(|entry| !entry.in_use).map(|entry| (entry.digest.clone(), entry.size)).collect();
    let mut victims = Victims::default();
    for (digest, size) in free.iter().filter(|(digest, _)| !needs.contains_key(*digest)) {
        if victims.bytes() >= wanted.bytes {
            break;
        }
        victims.blobs.insert(digest.clone(), *size);
    }
    for digest in least_recently_used(graph) {
        if victims.suffice(wanted) {
            break;
        }
        take(graph, digest, &mut needs, &free, &mut victims);
    }
    forget_empty_indexes(graph, &mut victims);
    victims
}

/// Images that may go, the longest unused first. An index is not chosen as long as one of its images is kept: it goes
/// with the last of them.
fn least_recently_used(graph: &Graph) -> Vec<&Digest> {
    let may_go = graph
        .nodes
        .iter()
        .filter(|(digest, node)| !graph.pinned.contains(*digest) && !has_kept_child(graph, node));
    let mut images: Vec<_> = may_go.map(|(digest, node)| (node.used_ms, digest)).collect();
    images.sort();
    images.into_iter().map(|(_, digest)| digest).collect()
}

fn has_kept_child(graph: &Graph, node: &Node) -> bool {
    node.children.iter().any(|child| graph.nodes.contains_key(&child.link.digest))
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
    victims.forget(image, node);
}

/// An index none of whose images is kept any more is no use to a node without its upstream. With it an index that
/// points at it may become one.
fn forget_empty_indexes(graph: &Graph, victims: &mut Victims) {
    loop {
        let is_empty = |digest: &Digest| is_empty_index(graph, digest, victims);
        let empty: Vec<_> = graph.nodes.iter().filter(|(digest, _)| is_empty(digest)).collect();
        if empty.is_empty() {
            return;
        }
        empty.into_iter().for_each(|(digest, node)| victims.forget(digest, node));
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

/// What nothing points at any more once the victims are gone: which repositories showed it is forgotten with them.
fn unneeded(graph: &Graph, victims: &Victims) -> BTreeSet<Digest> {
    let goes = |digest: &Digest| victims.manifests.contains(digest);
    let stays = graph.nodes.iter().filter(|(digest, _)| !goes(digest));
    let needed: BTreeSet<_> =
        stays.flat_map(|(digest, node)| std::iter::once(digest).chain(node.links())).collect();
    let shown = victims.manifests.iter().filter_map(|digest| graph.nodes.get(digest)).flat_map(Node::links);
    shown.chain(victims.blobs.keys()).filter(|digest| !needed.contains(digest)).cloned().collect()
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
        self.make_room(Wanted { bytes, catalog_bytes: 0 }).await
    }

    async fn forget(&self, catalog_bytes: u64) -> u64 {
        self.make_room(Wanted { bytes: 0, catalog_bytes }).await
    }

    fn catalog_bytes(&self) -> u64 {
        self.catalog.taken_bytes()
    }

    async fn pinned_bytes(&self) -> u64 {
        let (catalog, place, now_ms) = (self.catalog.clone(), self.place.clone(), self.clock.now_ms());
        run("cannot see what is pinned", move || {
            Ok(pinned_bytes(&Graph::read(&catalog, now_ms)?, &place.list()))
        })
        .await
    }
}

impl Evictor {
    async fn make_room(&self, wanted: Wanted) -> u64 {
        let _turn = self.one_at_a_time.lock().await;
        let (catalog, place, now_ms) = (self.catalog.clone(), self.place.clone(), self.clock.now_ms());
        run("cannot make room", move || make_room(&catalog, &*place, now_ms, wanted)).await
    }
}

/// Runs what blocks; 0 when it fails, which is logged.
async fn run(failed: &'static str, work: impl FnOnce() -> Result<u64, Error> + Send + 'static) -> u64 {
    let done = tokio::task::spawn_blocking(work).await;
    let done =
        done.map_err(|error| error.to_string()).and_then(|done| done.map_err(|error| error.to_string()));
    done.unwrap_or_else(|error| {
        tracing::error!(error, "{failed}");
        0
    })
}

fn make_room(
    catalog: &Catalog,
    place: &dyn Place,
    now_ms: Milliseconds,
    mut wanted: Wanted,
) -> Result<u64, Error> {
    let before_bytes = catalog.taken_bytes();
    if wanted.catalog_bytes > 0 {
        // Tags that were only asked for mean nothing that is here. They go before any image does.
        catalog.forget(&BTreeSet::new(), &BTreeSet::new())?;
        let freed_bytes = before_bytes.saturating_sub(catalog.taken_bytes());
        wanted.catalog_bytes = wanted.catalog_bytes.saturating_sub(freed_bytes);
    }
    let hold = catalog.hold();
    let graph = Graph::read(catalog, now_ms)?;
    let victims = choose(&graph, &place.list(), wanted);
    if victims != Victims::default() {
        catalog.forget(&victims.manifests, &unneeded(&graph, &victims))?;
    }
    drop(hold);
    let forgotten_bytes = before_bytes.saturating_sub(catalog.taken_bytes());
    Ok(remove(place, &victims) + forgotten_bytes)
}

fn remove(place: &dyn Place, victims: &Victims) -> u64 {
    let mut freed = 0;
    for digest in victims.blobs.keys() {
        match place.remove(digest) {
            Ok(Removed::Freed(bytes)) => freed += bytes,
            Ok(Removed::InUse | Removed::Absent) => {}
            Err(error) => tracing::error!(blob.digest = %digest, error = %error, "cannot remove a blob"),
        }
    }
    if *victims != Victims::default() {
        let (images, blobs) = (victims.manifests.len(), victims.blobs.len());
        tracing::info!(images, blobs, bytes = freed, "made room");
    }
    freed
}

/// What pins keep, with its part of the catalogue.
fn pinned_bytes(graph: &Graph, stored: &[Entry]) -> u64 {
    let pinned: Vec<_> = graph.pinned.iter().filter_map(|digest| graph.nodes.get(digest)).collect();
    let blobs: BTreeSet<_> = pinned.iter().flat_map(|node| &node.blobs).map(|blob| &blob.digest).collect();
    let blobs = stored.iter().filter(|entry| blobs.contains(&entry.digest)).map(|entry| entry.size);
    blobs.sum::<u64>() + pinned.iter().map(|node| node.catalog_bytes).sum::<u64>()
}

#[cfg(test)]
mod tests;
