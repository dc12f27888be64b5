//! What refers to a manifest: signatures, attestations, bills of materials.

use bytes::Bytes;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::manifest::OCI_INDEX;
use crate::name::{Reference, Repository};
use crate::source::{Fault, MANIFEST_MAX_BYTES};

use super::HttpSource;
use super::answer::unavailable;
use super::ask::Ask;
use super::manifests::is_index;
use super::tags::next_page;

/// The most pages that are put together.
const PAGES_MAX: usize = 16;
/// The most entries of the pages together.
const ENTRIES_MAX: usize = 4096;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: String,
    manifests: Vec<Value>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    manifests: Vec<Value>,
}

impl HttpSource {
    pub(super) async fn find_referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Bytes, Fault> {
        match self.ask_referrers(repository, digest).await {
            Ok(entries) => index(entries, &self.exchange.name),
            // The endpoint is younger than many registries; they answer as to any unknown path.
            Err(Fault::Absent { .. } | Fault::Denied { .. }) => self.fallback_tag(repository, digest).await,
            Err(fault) => Err(fault),
        }
    }

    async fn ask_referrers(&self, repository: &Repository, digest: &Digest) -> Result<Vec<Value>, Fault> {
        let _turn = self.turn().await?;
        let mut entries = Vec::new();
        let mut next = Some(self.url(repository, &format!("referrers/{digest}")));
        for _ in 0..PAGES_MAX {
            let Some(url) = next.take() else { break };
            let (page, link) = self.page(url, repository).await?;
            entries.extend(page.manifests);
            if entries.len() >= ENTRIES_MAX {
                break;
            }
            next = link;
        }
        entries.truncate(ENTRIES_MAX);
        Ok(entries)
    }

    async fn page(&self, url: Url, repository: &Repository) -> Result<(Page, Option<Url>), Fault> {
        let ask = Ask::get(url.clone(), repository, OCI_INDEX);
        let answer = self.exchange.ask_again(&ask).await?;
        let next = next_page(answer.response.headers()).and_then(|link| url.join(link).ok());
        let next = next.filter(|next| next.origin() == url.origin());
        let body = self.exchange.collect(answer, MANIFEST_MAX_BYTES).await?;
        let page = serde_json::from_slice(&body)
            .map_err(|_| unavailable(&self.exchange.name, "a list of referrers that cannot be read"))?;
        Ok((page, next))
    }

    async fn fallback_tag(&self, repository: &Repository, digest: &Digest) -> Result<Bytes, Fault> {
        let tag = format!("{}-{}", digest.algorithm().as_str(), digest.hex());
        // A digest of SHA-512 is longer than a tag may be; such a tag cannot exist.
        let Ok(tag) = tag.parse().map(Reference::Tag) else { return index(Vec::new(), &self.exchange.name) };
        // HEAD first: it is free, and most images have no such tag.
        match self.describe(repository, &tag).await {
            Ok(found) if is_index(&found.media_type) => {}
            Ok(_) | Err(Fault::Absent { .. }) => return index(Vec::new(), &self.exchange.name),
            Err(fault) => return Err(fault),
        }
        Ok(self.fetch_manifest(repository, &tag).await?.bytes)
    }
}

fn index(manifests: Vec<Value>, name: &str) -> Result<Bytes, Fault> {
    let index = Index { schema_version: 2, media_type: OCI_INDEX.to_owned(), manifests };
    let bytes = serde_json::to_vec(&index);
    bytes.map(Bytes::from).map_err(|_| unavailable(name, "a list of referrers that cannot be written"))
}
