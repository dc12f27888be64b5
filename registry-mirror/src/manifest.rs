//! What a manifest points at. Pure.

use std::str::FromStr as _;

use serde::Deserialize;

use crate::digest::Digest;
use crate::source::Manifest;

/// An OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's image manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// The most entries that are followed in one manifest or index; more are kept, but not filled ahead.
const ENTRIES_MAX: usize = 4096;

/// What a manifest points at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Manifests of an index, each with its platform.
    pub manifests: Vec<Child>,
    /// Configuration and layers of an image, in the manifest's order.
    pub blobs: Vec<Link>,
}

/// Content by digest and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its digest.
    pub digest: Digest,
    /// In bytes, as the manifest says.
    pub size: u64,
}

/// A manifest of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its digest and size.
    pub link: Link,
    /// `os/architecture[/variant]`; none for attestations and the like.
    pub platform: Option<String>,
}

/// Bytes that say they are a manifest and are none.
#[derive(Debug, thiserror::Error)]
#[error("the manifest cannot be read: {0}")]
pub struct Error(#[from] serde_json::Error);

impl Manifest {
    /// What it points at; nothing for a media type that is not an image or an index.
    ///
    /// # Errors
    /// When the bytes are not JSON of the shape that the media type promises.
    pub fn links(&self) -> Result<Links, Error> {
        match &*self.media_type {
            OCI_INDEX | DOCKER_LIST => Ok(index_links(serde_json::from_slice(&self.bytes)?)),
            OCI_MANIFEST | DOCKER_MANIFEST => Ok(image_links(serde_json::from_slice(&self.bytes)?)),
            _ => Ok(Links::default()),
        }
    }

    /// Whether it is an index of manifests.
    #[must_use]
    pub fn is_index(&self) -> bool {
        matches!(&*self.media_type, OCI_INDEX | DOCKER_LIST)
    }
}

fn index_links(index: Index) -> Links {
    let children = index.manifests.into_iter().take(ENTRIES_MAX).filter_map(|entry| {
        Some(Child { platform: entry.platform.as_ref().and_then(Platform::text), link: entry.link()? })
    });
    Links { manifests: children.collect(), blobs: Vec::new() }
}

fn image_links(image: Image) -> Links {
    let blobs = image.config.into_iter().chain(image.layers).take(ENTRIES_MAX);
    // A layer with addresses of its own (Windows base layers) is not in the registry.
    let blobs = blobs.filter(|entry| entry.urls.is_empty()).filter_map(|entry| entry.link());
    Links { manifests: Vec::new(), blobs: blobs.collect() }
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Entry>,
}

#[derive(Deserialize)]
struct Image {
    config: Option<Entry>,
    #[serde(default)]
    layers: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    digest: String,
    #[serde(default)]
    size: u64,
    platform: Option<Platform>,
    #[serde(default)]
    urls: Vec<String>,
}

impl Entry {
    fn link(&self) -> Option<Link> {
        Some(Link { digest: Digest::from_str(&self.digest).ok()?, size: self.size })
    }
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Platform {
    fn text(&self) -> Option<String> {
        if self.os == "unknown" {
            return None;
        }
        let variant = self.variant.iter().map(|variant| format!("/{variant}")).collect::<String>();
        Some(format!("{}/{}{variant}", self.os, self.architecture))
    }
}
