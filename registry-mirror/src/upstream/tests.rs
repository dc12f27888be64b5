//! The HTTP source against a registry on loopback.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::{ManualClock, SharedClock};
use crate::digest::Digest;
use crate::name::{Reference, Registry, Repository};
use crate::source::{Fault, Source};
use crate::testing::conformance::{self, Upstream, drain};
use crate::testing::{FakeHub, FakeImage, HubAuth, HubOptions, ImageSpec, Tls, Trouble};

mod faults;
mod pulls;
mod tokens;
mod ways;

/// A hub and the source that leads to it.
struct World {
    hub: FakeHub,
    source: Arc<dyn Source>,
    sources: Sources,
}

impl World {
    async fn new(options: HubOptions) -> Self {
        Self::with(options, |_| {}).await
    }

    async fn with(options: HubOptions, change: impl FnOnce(&mut UpstreamConfig)) -> Self {
        let hub = FakeHub::start(options).await.unwrap();
        let mut config = hub.upstream("hub", "docker.io");
        change(&mut config);
        let clock: SharedClock = Arc::new(ManualClock::default());
        let sources = Sources::new(&[config], &clock).unwrap();
        let image = crate::name::ImageName::new(hub_registry(), repository("app"));
        let source = Arc::clone(&sources.of(&image).unwrap()[0]);
        Self { hub, source, sources }
    }

    /// With one image under `library/app:1`.
    async fn with_image(options: HubOptions) -> (Self, FakeImage) {
        let world = Self::new(options).await;
        let image = small_image();
        world.hub.add("library/app", "1", &image);
        (world, image)
    }
}

fn small_image() -> FakeImage {
    FakeImage::new(&ImageSpec::new(3, &[300_000]))
}

fn hub_registry() -> Registry {
    "docker.io".parse().unwrap()
}

fn repository(text: &str) -> Repository {
    text.parse().unwrap()
}

fn tag(text: &str) -> Reference {
    text.parse().unwrap()
}

impl Upstream for World {
    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }
    fn add(&self, repository: &str, tag: &str, image: &FakeImage) {
        self.hub.add(repository, tag, image);
    }
    fn add_referrer(&self, repository: &str, subject: &Digest, artifact_type: &str) -> Digest {
        self.hub.add_referrer(repository, subject, artifact_type)
    }
    fn trouble(&self, trouble: Option<Trouble>) {
        match trouble {
            Some(trouble) => self.hub.trouble(trouble),
            None => self.hub.heal(),
        }
    }
}

#[tokio::test]
async fn conforms_without_anything() {
    conformance::check(&World::new(HubOptions::default()).await).await.unwrap();
}

#[tokio::test]
async fn conforms_with_tokens_redirects_and_referrers() {
    let options =
        HubOptions { auth: HubAuth::Token, redirects: true, referrers: true, ..HubOptions::default() };
    let world = World::new(options).await;
    conformance::check(&world).await.unwrap();
    assert_eq!(world.hub.counts().leaks, 0, "the object store saw a token");
}

#[tokio::test]
async fn conforms_over_tls_with_chunks_and_without_digests() {
    let options =
        HubOptions { tls: Some(Tls::Good), chunked: true, no_digest_header: true, ..HubOptions::default() };
    let world = World::new(options).await;
    world.hub.add("library/app", "1", &small_image());
    conformance::check(&world).await.unwrap();
}
