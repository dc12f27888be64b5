//! The images that are kept, with what each points at: what eviction and the report look at.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Error};
use crate::clock::Milliseconds;
use crate::digest::Digest;
use crate::manifest::{Child, Link};
use crate::name::{Image, ImageName, Reference, Tag};

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
        let children = self.nodes.get(&root).map(|node| &node.children);
        let children: Vec<_> =
            children.into_iter().flatten().map(|child| child.link.digest.clone()).collect();
        self.pinned.extend(children);
        self.pinned.insert(root);
        Ok(())
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
