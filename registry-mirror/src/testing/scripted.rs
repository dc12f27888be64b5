//! A source in memory.

mod sender;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use parking_lot::Mutex;

use super::content::Content;
use super::counts::{Counters, Counts};
use super::image::FakeImage;
use super::trouble::{Trouble, Troubles};
use crate::digest::Digest;
use crate::name::{Reference, Repository};
use crate::source::{Body, Descriptor, Fault, Manifest, Source, TagList, TagPage};
pub(super) use sender::flip;
use sender::{Ending, Sender};

/// A source in memory that has what it was given and fails as it is told; no sockets, so it works with
/// paused time.
pub struct ScriptedSource {
    name: String,
    content: Mutex<Content>,
    trouble: Troubles,
    counts: Arc<Counters>,
}

impl fmt::Debug for ScriptedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSource").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ScriptedSource {
    /// An empty one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            content: Mutex::default(),
            trouble: Troubles::default(),
            counts: Arc::default(),
        }
    }

    /// Puts an image into a repository under a tag.
    pub fn add(&self, repository: &str, tag: &str, image: &FakeImage) {
        self.content.lock().add(repository, tag, image);
    }

    /// Puts a single blob into a repository; returns its digest.
    pub fn add_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> Digest {
        self.content.lock().add_blob(repository, bytes.into())
    }

    /// Puts a signature or the like for `subject` into a repository; returns its digest.
    pub fn add_referrer(&self, repository: &str, subject: &Digest, artifact_type: &str) -> Digest {
        self.content.lock().add_referrer(repository, subject, artifact_type)
    }

    /// From now on every answer has this trouble.
    pub fn trouble(&self, trouble: Trouble) {
        self.trouble.set(trouble, None);
    }

    /// The next `times` answers that it touches have this trouble.
    pub fn trouble_times(&self, trouble: Trouble, times: u32) {
        self.trouble.set(trouble, Some(times));
    }

    /// No more trouble.
    pub fn heal(&self) {
        self.trouble.clear();
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.read()
    }

    fn absent(&self) -> Fault {
        Fault::Absent { source_name: self.name.clone() }
    }

    fn unavailable(&self, reason: &str) -> Fault {
        Fault::Unavailable { source_name: self.name.clone(), reason: reason.to_owned() }
    }

    fn corrupt(&self, reason: &str) -> Fault {
        Fault::Corrupt { source_name: self.name.clone(), reason: reason.to_owned() }
    }

    /// The trouble that any question meets.
    async fn met(&self) -> Result<(), Fault> {
        if self.trouble.is(&Trouble::Hanging) {
            std::future::pending::<()>().await;
        }
        let source_name = self.name.clone();
        let fault = self.trouble.find(|trouble| match trouble {
            Trouble::Down => Some(self.unavailable("no connection")),
            Trouble::ServerError => Some(self.unavailable("answered 500 Internal Server Error")),
            Trouble::RedirectLoop => Some(self.unavailable("redirects in a circle")),
            Trouble::Denied => {
                Some(Fault::Denied { source_name, reason: "answered 403 Forbidden".to_owned() })
            }
            Trouble::Limited { retry_after } => {
                Some(Fault::Limited { source_name, retry_after: *retry_after })
            }
            _ => None,
        });
        fault.map_or(Ok(()), Err)
    }

    fn find(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, Fault> {
        let content = self.content.lock();
        let found = content.repositories.get(repository.as_str());
        let found = found.and_then(|found| found.manifest(&reference.to_string()));
        found.ok_or_else(|| self.absent())
    }

    fn spoilt(&self, bytes: Bytes) -> Result<Bytes, Fault> {
        let spoilt = self.trouble.find(|trouble| match trouble {
            Trouble::WrongDigest => Some(Ok(flip(&bytes))),
            Trouble::TooShort => Some(Ok(bytes.slice(..bytes.len() / 2))),
            Trouble::TruncatedGzip => Some(Err(self.corrupt("encoded in a way that was not asked for"))),
            _ => None,
        });
        spoilt.unwrap_or(Ok(bytes))
    }

    /// Where the body begins, which may be another place than was asked for.
    fn start(&self, from: u64, size: u64) -> Result<u64, Fault> {
        if from == 0 {
            return Ok(0);
        }
        if self.trouble.is(&Trouble::WrongRange) {
            return Err(self.corrupt("another range than was asked for"));
        }
        if from >= size {
            return Err(self.corrupt("shorter than it was before"));
        }
        Ok(if self.trouble.is(&Trouble::IgnoredRange) { 0 } else { from })
    }

    fn ending(&self) -> Ending {
        let found = self.trouble.find(|trouble| match trouble {
            Trouble::Cut { after_bytes } => Some(Ending::Cut(*after_bytes)),
            Trouble::Stalled { after_bytes } => Some(Ending::Stalled(*after_bytes)),
            Trouble::Slow { bytes_per_s } => Some(Ending::Slow((*bytes_per_s).max(1))),
            Trouble::TooLong => Some(Ending::TooLong),
            _ => None,
        });
        found.unwrap_or(Ending::Good)
    }
}

#[async_trait]
impl Source for ScriptedSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn head(&self, repository: &Repository, reference: &Reference) -> Result<Descriptor, Fault> {
        self.met().await?;
        let manifest = self.find(repository, reference)?;
        Counters::add(&self.counts.manifest_heads, 1);
        let size = manifest.bytes.len() as u64;
        Ok(Descriptor { media_type: manifest.media_type, digest: manifest.digest, size })
    }

    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, Fault> {
        self.met().await?;
        let manifest = self.find(repository, reference)?;
        Counters::add(&self.counts.manifest_gets, 1);
        match self.trouble.is(&Trouble::WrongManifest) {
            true => Err(self.corrupt("a manifest that does not have its digest")),
            false => Ok(manifest),
        }
    }

    async fn blob_size(&self, repository: &Repository, digest: &Digest) -> Result<u64, Fault> {
        self.met().await?;
        let found = self.content.lock().blob(repository.as_str(), digest);
        found.map(|bytes| bytes.len() as u64).ok_or_else(|| self.absent())
    }

    async fn blob(&self, repository: &Repository, digest: &Digest, from: u64) -> Result<Body, Fault> {
        self.met().await?;
        let found = self.content.lock().blob(repository.as_str(), digest);
        let bytes = self.spoilt(found.ok_or_else(|| self.absent())?)?;
        let size = bytes.len() as u64;
        let from = self.start(from, size)?;
        Counters::add(&self.counts.blob_gets, 1);
        let ending = self.ending();
        let too_long = matches!(ending, Ending::TooLong);
        let sender = Sender {
            rest: bytes.slice(usize::try_from(from).unwrap_or_default()..),
            sent: 0,
            ending,
            cut: self.unavailable("the answer broke off"),
            too_long: too_long.then(|| self.corrupt("longer than the bytes it announced")),
            counts: Arc::clone(&self.counts),
        };
        let stream = stream::unfold(sender, |mut sender| async move {
            let next = sender.next().await?;
            Some((next, sender))
        });
        Ok(Body { size, from, stream: stream.boxed() })
    }

    async fn tags(&self, repository: &Repository, page: &TagPage) -> Result<TagList, Fault> {
        self.met().await?;
        let content = self.content.lock();
        let found = content.repositories.get(repository.as_str()).ok_or_else(|| self.absent())?;
        let last = page.last.as_ref().map_or("", |tag| tag.as_str());
        let limit = page.limit.map_or(usize::MAX, |limit| limit as usize);
        let mut tags: Vec<String> = found.tags.keys().filter(|tag| tag.as_str() > last).cloned().collect();
        let more = limit > 0 && tags.len() > limit;
        tags.truncate(limit);
        Ok(TagList { tags, more })
    }

    async fn referrers(&self, repository: &Repository, digest: &Digest) -> Result<Bytes, Fault> {
        self.met().await?;
        let content = self.content.lock();
        let empty = super::content::Repository::default();
        Ok(content.repositories.get(repository.as_str()).unwrap_or(&empty).index_of(digest).bytes)
    }
}
