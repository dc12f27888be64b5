//! The report: which images would start now with every upstream dead.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::graph::{Graph, Node};
use crate::manifest::Link;

/// An image under one of its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageReport {
    /// As people write it: with its tag, or with its digest when no tag means it.
    pub image: String,
    /// What it means.
    pub digest: String,
    /// Whether it is kept whatever happens to its neighbours.
    pub pinned: bool,
    /// When it was last asked for, in milliseconds since the Unix epoch; 0 when never.
    pub used_ms: u64,
    /// Each platform of it that was ever asked for.
    pub platforms: Vec<PlatformReport>,
}

/// One platform of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformReport {
    /// `os/architecture[/variant]`; `any` for an image without an index.
    pub platform: String,
    /// Whether everything is here, so that it starts with its upstream dead.
    pub complete: bool,
    /// Of configuration and layers that are here.
    pub present_bytes: u64,
    /// Of configuration and layers in all, as the manifest says.
    pub total_bytes: u64,
    /// Blobs that are not here.
    pub missing: Vec<String>,
}

/// The report over all images, by name. `stored` are the sealed blobs.
#[must_use]
pub fn report(graph: &Graph, stored: &BTreeSet<Digest>) -> Vec<ImageReport> {
    let inner: BTreeSet<_> =
        graph.nodes.values().flat_map(|node| node.children.iter().map(|child| &child.link.digest)).collect();
    let mut images = BTreeMap::new();
    for (digest, node) in &graph.nodes {
        for image in names_of(digest, node, inner.contains(digest)) {
            let platforms = platforms_of(graph, digest, stored);
            let pinned = graph.pinned.contains(digest);
            let (digest, used_ms) = (digest.to_string(), node.used_ms);
            images.insert(image.clone(), ImageReport { image, digest, pinned, used_ms, platforms });
        }
    }
    images.into_values().collect()
}

/// Tags; without one the digest in each repository, unless an index tells of it already.
fn names_of(digest: &Digest, node: &Node, is_inner: bool) -> Vec<String> {
    if node.tags.is_empty() && !is_inner {
        return node.names.iter().map(|name| format!("{name}@{digest}")).collect();
    }
    node.tags.iter().map(|(name, tag)| format!("{name}:{tag}")).collect()
}

fn platforms_of(graph: &Graph, digest: &Digest, stored: &BTreeSet<Digest>) -> Vec<PlatformReport> {
    let Some(node) = graph.nodes.get(digest) else { return Vec::new() };
    if node.children.is_empty() {
        return vec![platform("any".to_owned(), &node.blobs, stored)];
    }
    let images = graph.below(digest).into_iter().filter_map(|(digest, name)| {
        let image = graph.nodes.get(digest).filter(|node| node.children.is_empty())?;
        Some(platform(name?.to_owned(), &image.blobs, stored))
    });
    let mut images: Vec<_> = images.collect();
    images.sort_by(|one, other| one.platform.cmp(&other.platform));
    images
}

fn platform(platform: String, blobs: &[Link], stored: &BTreeSet<Digest>) -> PlatformReport {
    let (present, missing): (Vec<_>, Vec<_>) = blobs.iter().partition(|blob| stored.contains(&blob.digest));
    let bytes = |links: &[&Link]| links.iter().map(|link| link.size).sum::<u64>();
    PlatformReport {
        platform,
        complete: missing.is_empty(),
        present_bytes: bytes(&present),
        total_bytes: bytes(&present) + bytes(&missing),
        missing: missing.iter().map(|link| link.digest.to_string()).collect(),
    }
}
