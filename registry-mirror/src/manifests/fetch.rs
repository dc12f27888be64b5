//! The catalogue and the sources together: what is kept, and what is asked and then kept.

use std::sync::Arc;

use crate::catalog::{Catalog, Error, KnownTag};
use crate::clock::SharedClock;
use crate::digest::Digest;
use crate::name::{ImageName, Reference, Tag};
use crate::source::{Descriptor, Fault, Manifest, Source};
use crate::upstream::{Sources, in_order};

#[derive(Clone, Debug)]
pub(super) struct Fetch {
    pub(super) catalog: Arc<Catalog>,
    pub(super) sources: Arc<Sources>,
    pub(super) clock: SharedClock,
}

impl Fetch {
    /// What is here by digest.
    pub(super) fn kept(&self, digest: &Digest) -> Result<Option<Manifest>, Fault> {
        self.catalog.manifest(digest).map_err(local)
    }

    /// Whether the repository has shown it.
    pub(super) fn is_member(&self, image: &ImageName, digest: &Digest) -> bool {
        self.catalog.is_member(image, digest).unwrap_or(false)
    }

    /// What the tag meant.
    pub(super) fn known(&self, image: &ImageName, tag: &Tag) -> Result<Option<KnownTag>, Fault> {
        self.catalog.tag(image, tag).map_err(local)
    }

    /// Asks what a reference is now, and writes down what a tag means before anybody hears it: who comes
    /// next finds either this question under way or its answer.
    pub(super) async fn head(&self, image: &ImageName, reference: &Reference) -> Result<Descriptor, Fault> {
        let sources = self.sources_of(image)?;
        let ask = |source: Arc<dyn Source>| async move { source.head(&image.repository, reference).await };
        let descriptor = in_order(&sources, ask).await?;
        self.remember(image, reference, &descriptor).await?;
        Ok(descriptor)
    }

    /// Fetches a manifest and keeps it, and what a tag means. It may be here by now: who looked before another's question
    /// was answered may put it once more after that, and each costs a pull.
    pub(super) async fn manifest(&self, image: &ImageName, reference: &Reference) -> Result<Manifest, Fault> {
        if let Some(manifest) = self.came_meanwhile(image, reference)? {
            return Ok(manifest);
        }
        let sources = self.sources_of(image)?;
        let fetch =
            |source: Arc<dyn Source>| async move { source.manifest(&image.repository, reference).await };
        let manifest = in_order(&sources, fetch).await?;
        self.keep(image, &manifest).await?;
        self.remember(image, reference, &describe(&manifest)).await?;
        Ok(manifest)
    }

    fn came_meanwhile(&self, image: &ImageName, reference: &Reference) -> Result<Option<Manifest>, Fault> {
        let digest = match reference {
            Reference::Digest(digest) => Some(digest.clone()),
            Reference::Tag(tag) => self.known(image, tag)?.map(|known| known.digest),
        };
        let Some(digest) = digest.filter(|digest| self.is_member(image, digest)) else { return Ok(None) };
        self.kept(&digest)
    }

    async fn remember(
        &self,
        image: &ImageName,
        reference: &Reference,
        meant: &Descriptor,
    ) -> Result<(), Fault> {
        let Reference::Tag(tag) = reference else { return Ok(()) };
        let (digest, media_type) = (meant.digest.clone(), meant.media_type.clone());
        let known = KnownTag { digest, media_type, size: meant.size, checked_ms: self.clock.now_ms() };
        let (image, tag) = (image.clone(), tag.clone());
        self.write(move |catalog| catalog.keep_tag(&image, &tag, &known)).await
    }

    /// Keeps a manifest and that the repository has it.
    pub(super) async fn keep(&self, image: &ImageName, manifest: &Manifest) -> Result<(), Fault> {
        let links = manifest.links().map_err(|error| Fault::Corrupt {
            source_name: image.registry.to_string(),
            reason: error.to_string(),
        })?;
        let children = links.manifests.into_iter().map(|child| child.link);
        let links: Vec<_> = links.blobs.into_iter().chain(children).collect();
        let (image, manifest) = (image.clone(), manifest.clone());
        self.write(move |catalog| catalog.keep(&image, &manifest, &links)).await
    }

    /// Writes wait for the disk, so they are not made on a thread that serves.
    pub(super) async fn write(
        &self,
        change: impl FnOnce(&Catalog) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Fault> {
        let catalog = self.catalog.clone();
        let written = tokio::task::spawn_blocking(move || change(&catalog)).await;
        written.map_err(|error| Fault::Local { reason: error.to_string() })?.map_err(local)
    }

    fn sources_of(&self, image: &ImageName) -> Result<Vec<Arc<dyn Source>>, Fault> {
        self.sources.of(image).ok_or_else(|| Fault::Absent { source_name: image.registry.to_string() })
    }
}

/// What HEAD would say of a manifest.
pub(super) fn describe(manifest: &Manifest) -> Descriptor {
    let (media_type, digest) = (manifest.media_type.clone(), manifest.digest.clone());
    Descriptor { media_type, digest, size: manifest.bytes.len() as u64 }
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub(super) fn local(error: Error) -> Fault {
    Fault::Local { reason: error.to_string() }
}
