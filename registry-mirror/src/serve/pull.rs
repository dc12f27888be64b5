//! What the server asks of the mirror behind it.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::blob::Blob;
use crate::digest::Digest;
use crate::manifests::Answer;
use crate::mirror::Mirror;
use crate::name::{ImageName, Reference, Registry};
use crate::source::{Fault, TagList, TagPage};

/// The mirror as the pull API sees it.
#[async_trait]
pub trait Pull: Send + Sync + fmt::Debug + 'static {
    /// Whether the registry is in the allow-list.
    fn knows(&self, registry: &Registry) -> bool;

    /// A manifest by tag or digest. `is_head` says that only its headers will be sent.
    async fn manifest(
        &self,
        image: &ImageName,
        reference: &Reference,
        is_head: bool,
    ) -> Result<Answer, Fault>;

    /// A blob, as soon as its size is known; begins or joins its fill.
    async fn blob(&self, image: &ImageName, digest: &Digest) -> Result<Blob, Fault>;

    /// A blob's size in bytes; begins no fill.
    async fn blob_size(&self, image: &ImageName, digest: &Digest) -> Result<u64, Fault>;

    /// One page of tags.
    async fn tags(&self, image: &ImageName, page: &TagPage) -> Result<TagList, Fault>;

    /// The manifests that refer to `digest`, as an image index.
    async fn referrers(&self, image: &ImageName, digest: &Digest) -> Result<Bytes, Fault>;
}

#[async_trait]
impl Pull for Mirror {
    fn knows(&self, registry: &Registry) -> bool {
        self.knows(registry)
    }

    async fn manifest(
        &self,
        image: &ImageName,
        reference: &Reference,
        is_head: bool,
    ) -> Result<Answer, Fault> {
        self.manifest(image, reference, is_head).await
    }

    async fn blob(&self, image: &ImageName, digest: &Digest) -> Result<Blob, Fault> {
        self.blob(image, digest).await
    }

    async fn blob_size(&self, image: &ImageName, digest: &Digest) -> Result<u64, Fault> {
        self.blob_size(image, digest).await
    }

    async fn tags(&self, image: &ImageName, page: &TagPage) -> Result<TagList, Fault> {
        self.tags(image, page).await
    }

    async fn referrers(&self, image: &ImageName, digest: &Digest) -> Result<Bytes, Fault> {
        self.referrers(image, digest).await
    }
}
