//! Manifests of an upstream: HEAD is free, GET is a pull of its rate budget.

mod kind;

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;

use crate::digest::{Algorithm, Digest};
use crate::name::{Reference, Repository};
use crate::source::{Descriptor, Fault, MANIFEST_MAX_BYTES, Manifest};

use super::HttpSource;
use super::answer::{content_digest, content_length, corrupt, media_type};
use super::ask::{ACCEPT_MANIFESTS, Ask};
use super::budget::Pull;
pub(super) use kind::is_index;
use kind::{is_specific, kind};

impl HttpSource {
    pub(super) async fn describe(
        &self,
        repository: &Repository,
        reference: &Reference,
    ) -> Result<Descriptor, Fault> {
        match self.head_manifest(repository, reference).await? {
            Some(descriptor) => self.right(reference, descriptor),
            // Some upstreams refuse HEAD, or answer it without the digest.
            None => Ok(descriptor_of(self.fetch_manifest(repository, reference).await?)),
        }
    }

    async fn head_manifest(
        &self,
        repository: &Repository,
        reference: &Reference,
    ) -> Result<Option<Descriptor>, Fault> {
        let turn = self.turn().await?;
        let url = self.url(repository, &format!("manifests/{reference}"));
        let ask = Ask::head(url, repository, ACCEPT_MANIFESTS);
        let free = self.meter.free();
        let answer = self.exchange.ask_again(&ask).await?;
        drop(turn);
        if answer.refuses_head {
            return Ok(None);
        }
        free.observe(answer.response.headers());
        Ok(descriptor(reference, answer.response.headers()))
    }

    fn right(&self, reference: &Reference, descriptor: Descriptor) -> Result<Descriptor, Fault> {
        match reference {
            Reference::Digest(digest) if *digest != descriptor.digest => {
                Err(corrupt(&self.exchange.name, "says that the manifest has another digest than its own"))
            }
            Reference::Digest(_) | Reference::Tag(_) => Ok(descriptor),
        }
    }

    pub(super) async fn fetch_manifest(
        &self,
        repository: &Repository,
        reference: &Reference,
    ) -> Result<Manifest, Fault> {
        let pull = self.leave_to_pull(repository, reference).await?;
        let turn = self.turn().await?;
        let url = self.url(repository, &format!("manifests/{reference}"));
        let ask = Ask::get(url, repository, ACCEPT_MANIFESTS);
        let answer = match self.exchange.ask_again(&ask).await {
            Ok(answer) => answer,
            Err(fault) => return Err(counted(pull, fault)),
        };
        let headers = answer.response.headers().clone();
        pull.observe(&headers);
        let bytes = self.exchange.collect(answer, MANIFEST_MAX_BYTES).await?;
        drop(turn);
        self.checked(reference, &headers, bytes)
    }

    /// Waits for the rate budget; looks by HEAD whether it is whole again when that was not done of late.
    async fn leave_to_pull(&self, repository: &Repository, reference: &Reference) -> Result<Pull<'_>, Fault> {
        let refused = match self.meter.pull(self.budget_wait).await {
            Ok(pull) => return Ok(pull),
            Err(refused) => refused,
        };
        let retried = if self.meter.should_probe() {
            self.head_manifest(repository, reference).await?;
            self.meter.pull(Duration::ZERO).await
        } else {
            Err(refused)
        };
        let source_name = self.exchange.name.clone();
        retried.map_err(|refused| Fault::Limited { source_name, retry_after: refused.retry_after })
    }

    /// The manifest, if its bytes are what was asked for and what the upstream says.
    fn checked(&self, reference: &Reference, headers: &HeaderMap, bytes: Bytes) -> Result<Manifest, Fault> {
        let wrong = |words| Err(corrupt(&self.exchange.name, words));
        let said = content_digest(headers);
        let digest = match (reference, said) {
            (Reference::Digest(digest), _) if !digest.fits(&bytes) => {
                return wrong("a manifest that does not have its digest");
            }
            (Reference::Digest(digest), _) => digest.clone(),
            (Reference::Tag(_), Some(said)) if !said.fits(&bytes) => {
                return wrong("a manifest that does not have the digest it was announced with");
            }
            (Reference::Tag(_), Some(said)) => said,
            (Reference::Tag(_), None) => Digest::of(Algorithm::Sha256, &bytes),
        };
        match kind(headers, &bytes) {
            Some(media_type) => Ok(Manifest { media_type, digest, bytes }),
            None => wrong("something that is no manifest"),
        }
    }
}

/// Settles what a pull that failed has cost.
fn counted(pull: Pull<'_>, fault: Fault) -> Fault {
    match fault {
        Fault::Limited { source_name, retry_after } => {
            Fault::Limited { source_name, retry_after: Some(pull.limited(retry_after)) }
        }
        Fault::Absent { .. } | Fault::Denied { .. } => {
            pull.free_of_charge();
            fault
        }
        // The upstream may have counted it: dropping the pull does too.
        Fault::Unavailable { .. } | Fault::Corrupt { .. } | Fault::NoRoom { .. } | Fault::Local { .. } => {
            fault
        }
    }
}

fn descriptor_of(manifest: Manifest) -> Descriptor {
    let size = manifest.bytes.len() as u64;
    Descriptor { media_type: manifest.media_type, digest: manifest.digest, size }
}

/// What the head of an answer says; nothing if it leaves something out.
fn descriptor(reference: &Reference, headers: &HeaderMap) -> Option<Descriptor> {
    let digest = content_digest(headers).or_else(|| match reference {
        Reference::Digest(digest) => Some(digest.clone()),
        Reference::Tag(_) => None,
    })?;
    let media_type = media_type(headers).filter(|text| is_specific(text))?;
    Some(Descriptor { media_type, digest, size: content_length(headers)? })
}
