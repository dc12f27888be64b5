//! The mirror as `serve` and the management API see it: what a client asks for, from wherever it is.

use std::sync::Arc;

use bytes::Bytes;

use crate::blob::{Blob, How};
use crate::catalog::Catalog;
use crate::digest::Digest;
use crate::fills::{Fills, Origin};
use crate::flight::Flights;
use crate::manifest::Link;
use crate::manifests::{Answer, Manifests};
use crate::name::{ImageName, Reference, Registry};
use crate::source::{Fault, Manifest, Source, TagList, TagPage};
use crate::upstream::{Sources, in_order};

/// Joins the parts of one mirror.
#[derive(Debug)]
pub struct Mirror {
    catalog: Arc<Catalog>,
    sources: Arc<Sources>,
    manifests: Manifests,
    fills: Arc<Fills>,
    sizes: Flights<(ImageName, Digest), Result<u64, Fault>>,
    lists: Flights<(ImageName, TagPage), Result<TagList, Fault>>,
    referrers: Flights<(ImageName, Digest), Result<Bytes, Fault>>,
}

/// The parts that a mirror joins.
#[derive(Debug)]
pub struct Parts {
    /// What is known.
    pub catalog: Arc<Catalog>,
    /// Where to ask.
    pub sources: Arc<Sources>,
    /// Manifests and tags.
    pub manifests: Manifests,
    /// Blobs.
    pub fills: Arc<Fills>,
}

impl Mirror {
    /// A mirror of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { catalog, sources, manifests, fills } = parts;
        let (sizes, lists, referrers) = (Flights::default(), Flights::default(), Flights::default());
        Self { catalog, sources, manifests, fills, sizes, lists, referrers }
    }

    /// Whether the allow-list has this registry.
    #[must_use]
    pub fn knows(&self, registry: &Registry) -> bool {
        self.sources.knows(registry)
    }

    /// The manifest that `reference` means. A GET of an image begins the fills of its configuration and
    /// layers, because whoever reads it asks for them next.
    ///
    /// # Errors
    /// What the upstreams said, when it is not here.
    pub async fn manifest(
        &self,
        image: &ImageName,
        reference: &Reference,
        is_head: bool,
    ) -> Result<Answer, Fault> {
        let answer = self.manifests.get(image, reference, is_head).await?;
        if answer.how == How::Lead {
            self.stay_within_bounds().await;
        }
        if !is_head {
            self.fill_ahead(image, &answer);
        }
        Ok(answer)
    }

    /// Something new was kept, which may be what is too much.
    async fn stay_within_bounds(&self) {
        let room = &self.fills.bounds().room;
        if room.is_over() {
            room.tidy().await;
        }
    }

    fn fill_ahead(&self, image: &ImageName, answer: &Answer) {
        let manifest = Manifest {
            media_type: answer.descriptor.media_type.clone(),
            digest: answer.descriptor.digest.clone(),
            bytes: answer.bytes.clone(),
        };
        let mut blobs: Vec<Link> = manifest.links().map(|links| links.blobs).unwrap_or_default();
        blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
        for blob in blobs {
            if let Ok(origins) = self.origins(image, &blob.digest) {
                self.fills.ahead(&blob.digest, &origins);
            }
        }
    }

    /// A blob of a repository; returns when its size is known, and fills it if it is not here.
    ///
    /// # Errors
    /// What the upstreams said, when it is not here or the repository has not shown it.
    pub async fn blob(&self, image: &ImageName, digest: &Digest) -> Result<Blob, Fault> {
        let is_member = self.is_member(image, digest)?;
        if is_member && let Some(blob) = self.fills.stored(digest).await {
            return Ok(blob);
        }
        if !is_member && self.fills.size_if_known(digest).is_some() {
            // Here for another repository: only the upstream can say that this one has it too.
            self.upstream_size(image, digest).await?;
        }
        self.fills.blob(digest, &self.origins(image, digest)?).await
    }

    /// Waits until a blob of a repository is complete and durable here; returns its size in bytes.
    ///
    /// # Errors
    /// What the upstreams said.
    pub async fn complete(&self, image: &ImageName, digest: &Digest) -> Result<u64, Fault> {
        self.fills.complete(digest, &self.origins(image, digest)?).await
    }

    /// A blob's size in bytes, for HEAD: nothing is filled.
    ///
    /// # Errors
    /// What the upstreams said, when it is not known here.
    pub async fn blob_size(&self, image: &ImageName, digest: &Digest) -> Result<u64, Fault> {
        if self.is_member(image, digest)?
            && let Some(size) = self.fills.size_if_known(digest)
        {
            return Ok(size);
        }
        self.upstream_size(image, digest).await
    }

    async fn upstream_size(&self, image: &ImageName, digest: &Digest) -> Result<u64, Fault> {
        let (sources, key) = (self.sources_of(image)?, (image.clone(), digest.clone()));
        let (image, digest) = key.clone();
        let ask = || async move {
            let (repository, digest) = (&image.repository, &digest);
            in_order(&sources, |source| async move { source.blob_size(repository, digest).await }).await
        };
        self.sizes.ask(key, ask).await.0
    }

    /// A page of a repository's tags.
    ///
    /// # Errors
    /// What the upstreams said.
    pub async fn tags(&self, image: &ImageName, page: &TagPage) -> Result<TagList, Fault> {
        let (sources, key) = (self.sources_of(image)?, (image.clone(), page.clone()));
        let (image, page) = key.clone();
        let ask = || async move {
            let (repository, page) = (&image.repository, &page);
            in_order(&sources, |source| async move { source.tags(repository, page).await }).await
        };
        self.lists.ask(key, ask).await.0
    }

    /// The index of manifests that refer to `digest`.
    ///
    /// # Errors
    /// What the upstreams said.
    pub async fn referrers(&self, image: &ImageName, digest: &Digest) -> Result<Bytes, Fault> {
        let (sources, key) = (self.sources_of(image)?, (image.clone(), digest.clone()));
        let (image, digest) = key.clone();
        let ask = || async move {
            let (repository, digest) = (&image.repository, &digest);
            in_order(&sources, |source| async move { source.referrers(repository, digest).await }).await
        };
        self.referrers.ask(key, ask).await.0
    }

    /// Writes down when manifests were last asked for; called now and then.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn flush_uses(&self) -> Result<(), Fault> {
        self.manifests.flush_uses().await
    }

    fn is_member(&self, image: &ImageName, digest: &Digest) -> Result<bool, Fault> {
        let member = self.catalog.is_member(image, digest);
        member.map_err(|error| Fault::Local { reason: error.to_string() })
    }

    fn sources_of(&self, image: &ImageName) -> Result<Vec<Arc<dyn Source>>, Fault> {
        self.sources.of(image).ok_or_else(|| Fault::Absent { source_name: image.registry.to_string() })
    }

    /// Where a blob may come from: the repository that was asked for first, then every other that showed it.
    fn origins(&self, image: &ImageName, digest: &Digest) -> Result<Vec<Origin>, Fault> {
        let mut origins = origins_in(image, self.sources_of(image)?);
        for other in self.catalog.repositories(digest).unwrap_or_default() {
            if other != *image {
                origins.extend(origins_in(&other, self.sources.of(&other).unwrap_or_default()));
            }
        }
        Ok(origins)
    }
}

fn origins_in(image: &ImageName, sources: Vec<Arc<dyn Source>>) -> Vec<Origin> {
    sources.into_iter().map(|source| Origin { source, repository: image.repository.clone() }).collect()
}

#[cfg(test)]
pub(crate) mod tests;
