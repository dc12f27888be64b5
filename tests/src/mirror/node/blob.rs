//! The bytes of one blob, continued wherever they broke off.

use registry_mirror::Digest;
use registry_mirror::digest::Hasher;
use registry_mirror::manifest::Link;
use reqwest::header::CONTENT_RANGE;
use reqwest::{Method, Response, StatusCode};

use super::ask::Question;
use super::{Counts, Error, Node, error};

/// Short ends without a byte in between, after which a pull fails.
const SHORT_MAX: u32 = 3;

/// What of a blob is there.
#[derive(Debug)]
pub(super) struct Ingest {
    at: u64,
    /// None once the blob is whole and right.
    hasher: Option<Hasher>,
}

impl Ingest {
    pub(super) fn new(link: &Link) -> Self {
        Self { at: 0, hasher: Some(Hasher::new(link.digest.algorithm())) }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.at += bytes.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
    }

    fn finish(&mut self, digest: &Digest) -> Result<(), Error> {
        match self.hasher.take().map(Hasher::finish) {
            Some(found) if found != *digest => Err(Error::Wrong(digest.clone())),
            _ => Ok(()),
        }
    }
}

/// How a body ended.
enum End {
    Whole,
    /// Short, and clean; whether at least one byte came.
    Short(bool),
}

impl Node {
    pub(super) async fn fetch(
        &self,
        repository: &str,
        link: &Link,
        ingest: &mut Ingest,
    ) -> Result<(), Error> {
        let mut short = 0;
        while ingest.at < link.size {
            match self.read(repository, link, ingest).await? {
                End::Whole => {}
                End::Short(true) => short = 0,
                End::Short(false) if short < SHORT_MAX => short += 1,
                End::Short(false) => return Err(Error::Short),
            }
            if ingest.at < link.size {
                Counts::add(&self.counts.resumed, 1);
            }
        }
        ingest.finish(&link.digest)
    }

    async fn read(&self, repository: &str, link: &Link, ingest: &mut Ingest) -> Result<End, Error> {
        let (path, from) = (format!("{repository}/blobs/{}", link.digest), ingest.at);
        let mut answer = self.ask(&Question { method: Method::GET, path, from }).await?;
        let mut skip = skipped(&answer, from)?;
        loop {
            let bytes = match answer.chunk().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(End::Whole),
                Err(error) if error::is_short(&error) => return Ok(End::Short(ingest.at > from)),
                Err(error) => return Err(Error::Connection(error)),
            };
            let known = usize::try_from(skip).unwrap_or(usize::MAX).min(bytes.len());
            skip -= known as u64;
            ingest.take(&bytes[known..]);
            Counts::add(&self.counts.bytes, bytes.len() as u64);
        }
    }
}

/// How many bytes of the answer are there already: all before the place that was asked for, when the host ignored
/// the Range.
fn skipped(answer: &Response, from: u64) -> Result<u64, Error> {
    if answer.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(from);
    }
    let range = answer.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let begins_there = range.is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
    if begins_there { Ok(0) } else { Err(Error::Range) }
}
