//! Manifests by tag and by digest: what is known, for how long, and what is asked of the upstream.
//!
//! A digest never changes, so it is asked once. A tag is believed for its time to live; then a HEAD, which
//! costs no pull, says whether it still means the same. When the upstream does not answer, what is known
//! is told with its age.

mod fetch;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;

use crate::blob::How;
use crate::catalog::{Catalog, KnownTag};
use crate::clock::SharedClock;
use crate::digest::Digest;
use crate::flight::Flights;
use crate::name::{ImageName, Reference, Tag};
use crate::source::{Descriptor, Fault, Manifest};
use crate::upstream::Sources;
use fetch::{Fetch, describe};

/// How many answers "there is none" are remembered.
const ABSENT_MAX: u64 = 10_000;
/// How long a pull waits for a HEAD before it is served with what is known.
const REVALIDATE_WAIT: Duration = Duration::from_secs(3);

/// How long answers are believed.
#[derive(Clone, Copy, Debug)]
pub struct Beliefs {
    /// What a tag means.
    pub tag_ttl: Duration,
    /// That there is no such content.
    pub absent_ttl: Duration,
}

/// A manifest for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its type, digest and size.
    pub descriptor: Descriptor,
    /// Its exact bytes; empty when only HEAD was asked and the manifest is not here.
    pub bytes: Bytes,
    /// How it was met.
    pub how: How,
    /// How long ago the upstream last confirmed it, when that is longer than it should be.
    pub stale_for: Option<Age>,
}

/// How long ago an upstream confirmed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// So long.
    Known(Duration),
    /// Nobody can say: the clock has gone back since.
    Unknown,
}

/// A question that is put once at a time: an image and what is asked of it.
type Key = (ImageName, Reference);

/// The manifests of a mirror.
#[derive(Debug)]
pub struct Manifests {
    fetch: Fetch,
    clock: SharedClock,
    beliefs: Beliefs,
    absent: Cache<Key, String>,
    heads: Flights<Key, Result<Descriptor, Fault>>,
    bodies: Flights<Key, Result<Manifest, Fault>>,
}

impl Manifests {
    /// Manifests kept in `catalog` and fetched from `sources`.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, sources: Arc<Sources>, clock: SharedClock, beliefs: Beliefs) -> Self {
        let absent = Cache::builder().max_capacity(ABSENT_MAX).time_to_live(beliefs.absent_ttl).build();
        let (heads, bodies) = (Flights::default(), Flights::default());
        let fetch = Fetch { catalog, sources, clock: clock.clone() };
        Self { fetch, clock, beliefs, absent, heads, bodies }
    }

    /// The manifest that `reference` means in `image`; its bytes only for GET.
    ///
    /// # Errors
    /// What the upstreams said, when nothing is known here.
    pub async fn get(
        &self,
        image: &ImageName,
        reference: &Reference,
        is_head: bool,
    ) -> Result<Answer, Fault> {
        let key = (image.clone(), reference.clone());
        if let Some(source_name) = self.absent.get(&key) {
            return Err(Fault::Absent { source_name });
        }
        let answer = match reference {
            Reference::Digest(digest) => self.by_digest(image, digest, is_head).await,
            Reference::Tag(tag) => self.by_tag(image, tag, is_head).await,
        };
        match &answer {
            Ok(answer) => self.note_use(&answer.descriptor.digest),
            Err(Fault::Absent { source_name }) => self.absent.insert(key, source_name.clone()),
            Err(_) => {}
        }
        answer
    }

    async fn by_digest(&self, image: &ImageName, digest: &Digest, is_head: bool) -> Result<Answer, Fault> {
        let reference = Reference::Digest(digest.clone());
        let kept = self.fetch.kept(digest)?;
        if let Some(manifest) = kept.clone().filter(|_| self.fetch.is_member(image, digest)) {
            return Ok(answer(manifest, How::Hit));
        }
        // Another repository has shown it, or only its description is wanted: a HEAD tells whether this
        // repository has it too.
        if is_head || kept.is_some() {
            let (descriptor, led) = self.head(image, reference).await;
            let descriptor = descriptor?;
            if let Some(manifest) = kept {
                self.fetch.keep(image, &manifest).await?;
                return Ok(answer(manifest, met(led)));
            }
            return Ok(Answer { descriptor, bytes: Bytes::new(), how: met(led), stale_for: None });
        }
        let (manifest, led) = self.body(image, reference).await;
        Ok(answer(manifest?, met(led)))
    }

    async fn by_tag(&self, image: &ImageName, tag: &Tag, is_head: bool) -> Result<Answer, Fault> {
        let known = self.fetch.known(image, tag)?;
        if let Some(known) = known.as_ref().filter(|known| self.is_fresh(known)) {
            return self.meaning(image, &known.descriptor(), How::Hit, is_head).await;
        }
        let Some(known) = known else { return self.new_tag(image, tag, is_head).await };
        match self.revalidate(image, tag).await {
            Ok((meant, led)) => {
                let how = if self.is_kept(&meant.digest) { How::Hit } else { met(led) };
                self.meaning(image, &meant, how, is_head).await
            }
            Err(fault) if fault.is_passing() => {
                let age = self.age(&known);
                tracing::warn!(image = %image, tag = %tag, error = %fault, "serving what a tag last meant");
                let stale = self.meaning(image, &known.descriptor(), How::Stale, is_head).await?;
                Ok(Answer { stale_for: Some(age), ..stale })
            }
            Err(fault) => Err(fault),
        }
    }

    /// A tag that was never asked: GET takes it whole, because a HEAD first would only cost time.
    async fn new_tag(&self, image: &ImageName, tag: &Tag, is_head: bool) -> Result<Answer, Fault> {
        let reference = Reference::Tag(tag.clone());
        if is_head {
            let (meant, led) = self.head(image, reference).await;
            return self.meaning(image, &meant?, met(led), true).await;
        }
        let (manifest, led) = self.body(image, reference).await;
        Ok(answer(manifest?, met(led)))
    }

    /// What a tag means, from here or by digest from the upstream.
    async fn meaning(
        &self,
        image: &ImageName,
        meant: &Descriptor,
        how: How,
        is_head: bool,
    ) -> Result<Answer, Fault> {
        if is_head && !self.is_kept(&meant.digest) {
            return Ok(Answer { descriptor: meant.clone(), bytes: Bytes::new(), how, stale_for: None });
        }
        let answer = self.by_digest(image, &meant.digest, is_head).await?;
        Ok(Answer { how: if answer.how == How::Hit { how } else { answer.how }, ..answer })
    }

    /// Asks what a tag means now; a slow upstream is as good as none for somebody who waits.
    async fn revalidate(&self, image: &ImageName, tag: &Tag) -> Result<(Descriptor, bool), Fault> {
        let head = self.head(image, Reference::Tag(tag.clone()));
        let Ok((meant, led)) = tokio::time::timeout(REVALIDATE_WAIT, head).await else {
            let reason = format!("no answer within {} s", REVALIDATE_WAIT.as_secs());
            return Err(Fault::Unavailable { source_name: image.registry.to_string(), reason });
        };
        Ok((meant?, led))
    }

    async fn head(&self, image: &ImageName, reference: Reference) -> (Result<Descriptor, Fault>, bool) {
        let (fetch, image) = (self.fetch.clone(), image.clone());
        let key = (image.clone(), reference.clone());
        self.heads.ask(key, || async move { fetch.head(&image, &reference).await }).await
    }

    async fn body(&self, image: &ImageName, reference: Reference) -> (Result<Manifest, Fault>, bool) {
        let (fetch, image) = (self.fetch.clone(), image.clone());
        let key = (image.clone(), reference.clone());
        self.bodies.ask(key, || async move { fetch.manifest(&image, &reference).await }).await
    }

    fn is_kept(&self, digest: &Digest) -> bool {
        self.fetch.kept(digest).is_ok_and(|kept| kept.is_some())
    }

    /// How long ago the upstream confirmed a tag.
    fn age(&self, known: &KnownTag) -> Age {
        let passed_ms = self.clock.now_ms().checked_sub(known.checked_ms);
        passed_ms.map_or(Age::Unknown, |passed_ms| Age::Known(Duration::from_millis(passed_ms)))
    }

    /// One whose age nobody can say is asked again: else a clock that was years ahead for a moment would make it fresh
    /// for years. Once it is confirmed by the clock of now, it has an age again.
    fn is_fresh(&self, known: &KnownTag) -> bool {
        matches!(self.age(known), Age::Known(age) if age < self.beliefs.tag_ttl)
    }

    fn note_use(&self, digest: &Digest) {
        self.fetch.catalog.note_use(digest, self.clock.now_ms());
    }

    /// Writes down when manifests were last asked for; called from a tick.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn flush_uses(&self) -> Result<(), Fault> {
        self.fetch.write(Catalog::flush_uses).await
    }
}

const fn met(led: bool) -> How {
    if led { How::Lead } else { How::Join }
}

fn answer(manifest: Manifest, how: How) -> Answer {
    Answer { descriptor: describe(&manifest), bytes: manifest.bytes, how, stale_for: None }
}

#[cfg(test)]
mod tests;
