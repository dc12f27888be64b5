//! The images that are kept, with what each points at: what eviction and the report look at.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Error};
use crate::clock::Milliseconds;
use crate::digest::Digest;
use crate::manifest::{Child, Link};
use crate::name::{Image, ImageName, Reference, Tag};

/// Indexes within indexes are followed so deep and no deeper: an upstream may nest them without end.
pub const DEPTH_MAX: usize = 8;

/// Every manifest that is kept, by digest.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The manifests.
    pub nodes: BTreeMap<Digest, Node>,
    /// Manifests that must stay: pinned, or part of what is pinned.
    pub pinned: BTreeSet<Digest>,
}

/// A manifest and its surroundings.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Manifests of an index; they need not be kept.
    pub children: Vec<Child>,
    /// Configuration and layers of an image.
    pub blobs: Vec<Link>,
    /// Repositories that have it.
    pub names: Vec<ImageName>,
    /// Tags that mean it.
    pub tags: Vec<(ImageName, Tag)>,
    /// When it was last asked for; 0 when never.
    pub used_ms: Milliseconds,
    /// What the catalogue keeps of it, in bytes.
    pub catalog_bytes: u64,
}

impl Node {
    /// Everything that it points at.
    pub fn links(&self) -> impl Iterator<Item = &Digest> {
        let children = self.children.iter().map(|child| &child.link.digest);
        self.blobs.iter().map(|blob| &blob.digest).chain(children)
    }
}

impl Graph {
    /// What the catalogue keeps now. Reads every manifest.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(catalog: &Catalog, now_ms: Milliseconds) -> Result<Self, Error> {
        let mut graph = Self::default();
        for kept in catalog.images()? {
            let Some(manifest) = catalog.manifest(&kept.digest)? else { continue };
            let links = manifest.links().unwrap_or_default();
            let node = Node {
                children: links.manifests,
                blobs: links.blobs,
                names: kept.names,
                tags: kept.tags,
                used_ms: kept.used_ms,
                catalog_bytes: Catalog::weight(&manifest),
            };
            graph.nodes.insert(kept.digest, node);
        }
        for pin in catalog.pins()?.into_iter().filter(|pin| pin.until_ms > now_ms) {
            graph.pin(catalog, &pin.image)?;
        }
        Ok(graph)
    }

    fn pin(&mut self, catalog: &Catalog, image: &Image) -> Result<(), Error> {
        let root = match &image.reference {
            Reference::Digest(digest) => Some(digest.clone()),
            Reference::Tag(tag) => catalog.tag(&image.name, tag)?.map(|known| known.digest),
        };
        let Some(root) = root else { return Ok(()) };
        let below: Vec<_> = self.below(&root).into_keys().cloned().collect();
        self.pinned.extend(below);
        self.pinned.insert(root);
        Ok(())
    }

    /// Everything that an index points at, directly or through an index within it, whether it is kept or not, with
    /// the platform that it is for. Each is told once, whatever points at it, so that this ends soon.
    #[must_use]
    pub fn below(&self, root: &Digest) -> BTreeMap<&Digest, Option<&str>> {
        let mut found = BTreeMap::new();
        let mut level = vec![(root, None)];
        for _ in 0..DEPTH_MAX {
            let mut next = Vec::new();
            for (index, platform) in level {
                let Some(node) = self.nodes.get(index) else { continue };
                for child in &node.children {
                    let platform = child.platform.as_deref().or(platform);
                    if found.insert(&child.link.digest, platform).is_none() {
                        next.push((&child.link.digest, platform));
                    }
                }
            }
            level = next;
        }
        found
    }

    /// How many kept manifests need each blob.
    #[must_use]
    pub fn needs(&self) -> BTreeMap<Digest, u32> {
        let mut needs = BTreeMap::new();
        for node in self.nodes.values() {
            let distinct: BTreeSet<_> = node.blobs.iter().map(|blob| &blob.digest).collect();
            for digest in distinct {
                *needs.entry(digest.clone()).or_default() += 1;
            }
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Algorithm;

    fn digest(at: usize) -> Digest {
        Digest::of(Algorithm::Sha256, at.to_string().as_bytes())
    }

    /// `widths[0]` points at `widths[0]` times the same index, and so on.
    fn nested(widths: &[usize]) -> Graph {
        let child = |at| Child { link: Link { digest: digest(at), size: 1 }, platform: None };
        let node = |(at, width): (usize, &usize)| {
            (digest(at), Node { children: vec![child(at + 1); *width], ..Node::default() })
        };
        Graph { nodes: widths.iter().enumerate().map(node).collect(), ..Graph::default() }
    }

    #[test]
    fn indexes_within_indexes_are_followed_to_a_depth_and_once() {
        assert_eq!(nested(&[1, 1]).below(&digest(0)).len(), 2);
        assert_eq!(nested(&[1; 50]).below(&digest(0)).len(), DEPTH_MAX);
        // 1,000^8 ways lead down.
        assert_eq!(nested(&[1000; 8]).below(&digest(0)).len(), 8);
    }
}
