//! A node: what containerd 2.4 does when it pulls an image, and no more.
//!
//! Hosts in order, the mirror first. 408 and 429 are asked again at once, five attempts in all; a 5xx or a broken
//! connection of a host that is not the last sends it to the next; the last one's are asked again. Headers may take
//! 30 s. A body that ends short is continued by a Range, from the first host on; after four such ends without a byte
//! in between the pull fails. Then the kubelet pulls again, and goes on with what it has.

mod ask;
mod blob;
mod error;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use registry_mirror::Digest;
use registry_mirror::manifest::Link;
use registry_mirror::source::Manifest;
use reqwest::Method;
use tokio::sync::Mutex;

use ask::{Host, Question};
use blob::Ingest;
pub use error::Error;

/// Layers of one image at once.
const DOWNLOADS_MAX: usize = 3;
/// Between two pulls of the kubelet. Shorter than in truth, where it is seconds.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
const PLATFORM: &str = "linux/amd64";

/// What a node's pulls led to.
#[derive(Debug, Default)]
pub struct Counts {
    /// Requests that went to the upstream itself, because the mirror did not help.
    pub fallbacks: AtomicU64,
    /// 408 and 429 that were asked again at once.
    pub limited: AtomicU64,
    /// Answers of 500 and more.
    pub server_errors: AtomicU64,
    /// Bodies that were continued after a short end.
    pub resumed: AtomicU64,
    /// Pulls that failed and were begun again.
    pub repeated: AtomicU64,
    /// Blobs that were complete and wrong.
    pub wrong: AtomicU64,
    /// Bytes of blobs that arrived.
    pub bytes: AtomicU64,
}

/// Where a node goes when the mirror does not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// Nowhere: the mirror is its last host.
    None,
    /// To the registry at this URL.
    Url(String),
}

/// A node, with the blobs that it has.
#[derive(Debug)]
pub struct Node {
    client: reqwest::Client,
    hosts: Vec<Host>,
    registry: String,
    ingests: Mutex<HashMap<Digest, Ingest>>,
    /// What its pulls led to.
    pub counts: Counts,
}

impl Node {
    /// A node that pulls images of `registry` through the mirror at `mirror`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(mirror: &str, registry: &str, upstream: &Upstream) -> Result<Self, Error> {
        let mut hosts = vec![Host { url: mirror.to_owned(), is_mirror: true }];
        if let Upstream::Url(url) = upstream {
            hosts.push(Host { url: url.clone(), is_mirror: false });
        }
        Ok(Self {
            client: ask::client()?,
            hosts,
            registry: registry.to_owned(),
            ingests: Mutex::default(),
            counts: Counts::default(),
        })
    }

    /// Pulls an image, again and again until it is there, `tries` times at most; answers the digest that the tag
    /// pointed at.
    ///
    /// # Errors
    /// What went wrong at the last try.
    pub async fn pull_until_there(&self, repository: &str, tag: &str, tries: u32) -> Result<Digest, Error> {
        let mut tried = 1;
        loop {
            match self.pull(repository, tag).await {
                Err(error) if tried == tries => return Err(error),
                Err(_) => Counts::add(&self.counts.repeated, 1),
                Ok(digest) => return Ok(digest),
            }
            tried += 1;
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    /// Pulls an image once; answers the digest that the tag pointed at.
    ///
    /// # Errors
    /// As containerd would: the first host's reason.
    pub async fn pull(&self, repository: &str, tag: &str) -> Result<Digest, Error> {
        let digest = self.resolve(repository, tag).await?;
        let mut manifest = self.manifest(repository, &digest).await?;
        if manifest.is_index() {
            let children = manifest.links()?.manifests;
            let child = children.iter().find(|child| child.platform.as_deref() == Some(PLATFORM));
            manifest = self.manifest(repository, &child.ok_or(Error::NoPlatform)?.link.digest).await?;
        }
        let blobs = manifest.links()?.blobs;
        let downloads = stream::iter(blobs).map(|link| self.blob(repository, link));
        downloads.buffer_unordered(DOWNLOADS_MAX).try_collect::<Vec<()>>().await?;
        Ok(digest)
    }

    /// Removes every blob that it has.
    pub async fn forget(&self) {
        self.ingests.lock().await.clear();
    }

    async fn resolve(&self, repository: &str, tag: &str) -> Result<Digest, Error> {
        let path = format!("{repository}/manifests/{tag}");
        let answer = self.ask(&Question { method: Method::HEAD, path, from: 0 }).await?;
        let digest = answer.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
        digest.and_then(|digest| digest.parse().ok()).ok_or(Error::NoDigest)
    }

    /// A manifest by its digest, which must be the one of its bytes.
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    pub async fn manifest(&self, repository: &str, digest: &Digest) -> Result<Manifest, Error> {
        let path = format!("{repository}/manifests/{digest}");
        let answer = self.ask(&Question { method: Method::GET, path, from: 0 }).await?;
        let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let media_type = kind.unwrap_or_default().to_owned();
        let bytes = answer.bytes().await.map_err(Error::connection)?;
        if !digest.fits(&bytes) {
            Counts::add(&self.counts.wrong, 1);
            return Err(Error::Wrong(digest.clone()));
        }
        Ok(Manifest { media_type, digest: digest.clone(), bytes })
    }

    /// Takes the blob's ingest out, so that one that fails half-way can be gone on with.
    async fn blob(&self, repository: &str, link: Link) -> Result<(), Error> {
        let taken = self.ingests.lock().await.remove(&link.digest);
        let mut ingest = taken.unwrap_or_else(|| Ingest::new(&link));
        let outcome = self.fetch(repository, &link, &mut ingest).await;
        if matches!(outcome, Err(Error::Wrong(_))) {
            Counts::add(&self.counts.wrong, 1);
            return outcome;
        }
        self.ingests.lock().await.insert(link.digest, ingest);
        outcome
    }
}

impl Counts {
    fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }
}
