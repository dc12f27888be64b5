//! What is pulled at once, and by how many.

use std::fmt;

use super::client::Client;
use super::upstream::{REPOSITORIES, Upstream};

/// What is pulled at once, and by how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    /// One large blob.
    Blob(usize),
    /// The same out of several repositories.
    Repositories(usize),
    /// An image of many layers.
    Image(usize),
}

/// What is measured.
pub(super) const SCENES: [Scene; 9] = [
    Scene::Blob(1),
    Scene::Blob(8),
    Scene::Blob(32),
    Scene::Blob(128),
    Scene::Repositories(32),
    Scene::Image(1),
    Scene::Image(8),
    Scene::Image(32),
    Scene::Image(128),
];
/// What shows that it works.
pub(super) const FEW_SCENES: [Scene; 3] = [Scene::Blob(32), Scene::Repositories(8), Scene::Image(8)];

impl Scene {
    pub(super) const fn clients(self) -> usize {
        match self {
            Self::Blob(clients) | Self::Repositories(clients) | Self::Image(clients) => clients,
        }
    }

    /// Everybody's pulls.
    pub(super) fn stampede(self, upstream: &Upstream) -> Vec<Client> {
        let client = |number: usize| match self {
            Self::Blob(_) => Client { manifest: None, blobs: upstream.blobs()[..1].to_vec() },
            Self::Repositories(_) => {
                Client { manifest: None, blobs: vec![upstream.blobs()[number % REPOSITORIES].clone()] }
            }
            Self::Image(_) => {
                Client { manifest: Some(upstream.manifest().clone()), blobs: upstream.layers().to_vec() }
            }
        };
        (0..self.clients()).map(client).collect()
    }

    /// What must come from the upstream once.
    pub(super) fn content_bytes(self, upstream: &Upstream) -> u64 {
        match self {
            Self::Blob(_) | Self::Repositories(_) => upstream.blobs()[0].bytes,
            Self::Image(_) => upstream.layers().iter().map(|layer| layer.bytes).sum(),
        }
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blob(clients) => write!(f, "blob, N = {clients}"),
            Self::Repositories(clients) => write!(f, "blob of {REPOSITORIES} repositories, N = {clients}"),
            Self::Image(clients) => write!(f, "image, N = {clients}"),
        }
    }
}
