//! A mirror on scripted upstreams and a disk that dies.

mod bounds;
mod whole;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::bounds::{Bounds, Evict as _, Limits};
use crate::clock::{Clock as _, ManualClock};
use crate::evict::Evictor;
use crate::graph::Graph;
use crate::manifests::Beliefs;
use crate::name::Image;
use crate::place::crash::{CrashDisk, Plan};
use crate::place::{Folder, Place};
use crate::report::{ImageReport, report};
use crate::testing::{FakeImage, ImageSpec, ScriptedSource, Trouble};

/// A mirror and everything that a test wants to look at.
pub(crate) struct World {
    pub(crate) hub: Arc<ScriptedSource>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) evictor: Arc<Evictor>,
    pub(crate) disk: Arc<CrashDisk>,
    folder: Arc<tempfile::TempDir>,
}

impl World {
    /// A new mirror in a folder of its own.
    pub(crate) fn open() -> Self {
        Self::within(Limits::default())
    }

    /// The same with other bounds.
    pub(crate) fn within(limits: Limits) -> Self {
        let clock = Arc::new(ManualClock::default());
        clock.set_ms(1_000_000);
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::open_in(folder, clock, Arc::new(ScriptedSource::new("hub")), Plan::default(), limits)
    }

    fn open_in(
        folder: Arc<tempfile::TempDir>,
        clock: Arc<ManualClock>,
        hub: Arc<ScriptedSource>,
        plan: Plan,
        limits: Limits,
    ) -> Self {
        let disk = Arc::new(CrashDisk::new(plan));
        let (place, _) = opened(|| Folder::open_on(disk.clone(), &blobs_in(folder.path())));
        let place: Arc<dyn Place> = Arc::new(place);
        let catalog = Arc::new(opened(|| Catalog::open(&folder.path().join("catalog.redb"))));
        let routes =
            ["docker.io", "ghcr.io"].map(|name| (name.parse().unwrap(), hub.clone() as Arc<dyn Source>));
        let sources = Arc::new(Sources::fixed(routes));
        let evictor = Arc::new(Evictor::new(catalog.clone(), place.clone(), clock.clone()));
        let fills = Arc::new(Fills::new(place.clone(), Bounds::new(limits, place, evictor.clone())));
        let beliefs = Beliefs { tag_ttl: Duration::from_secs(60), absent_ttl: Duration::from_millis(1) };
        let manifests = Manifests::new(catalog.clone(), sources.clone(), clock.clone(), beliefs);
        let mirror = Arc::new(Mirror::new(Parts { catalog: catalog.clone(), sources, manifests, fills }));
        Self { hub, clock, catalog, mirror, evictor, disk, folder }
    }

    /// Pulls an image as a node does: tag, manifest of its platform, blobs; checks every byte.
    pub(crate) async fn pull(&self, image: &str) -> Result<(), Fault> {
        let Image { name, reference } = image.parse().unwrap();
        let mut manifest = self.manifest(&name, &reference).await?;
        while manifest.is_index() {
            let child = manifest.links().unwrap().manifests.remove(0).link.digest;
            manifest = self.manifest(&name, &Reference::Digest(child)).await?;
        }
        for link in manifest.links().unwrap().blobs {
            let bytes = read(self.mirror.blob(&name, &link.digest).await?).await?;
            assert!(link.digest.fits(&bytes), "wrong bytes for {}", link.digest);
        }
        Ok(())
    }

    async fn manifest(&self, name: &ImageName, reference: &Reference) -> Result<Manifest, Fault> {
        let answer = self.mirror.manifest(name, reference, false).await?;
        let manifest = Manifest {
            media_type: answer.descriptor.media_type,
            digest: answer.descriptor.digest,
            bytes: answer.bytes,
        };
        assert!(manifest.digest.fits(&manifest.bytes));
        Ok(manifest)
    }

    pub(crate) fn report(&self) -> Vec<ImageReport> {
        let graph = Graph::read(&self.catalog, self.clock.now_ms()).unwrap();
        let stored: BTreeSet<_> =
            self.mirror.fills.place().list().into_iter().map(|entry| entry.digest).collect();
        report(&graph, &stored)
    }
}

/// Opens what an owner before may still be about to close, on another thread.
fn opened<T, E: std::fmt::Debug>(open: impl Fn() -> Result<T, E>) -> T {
    for _ in 0..1000 {
        if let Ok(opened) = open() {
            return opened;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    open().unwrap()
}

fn blobs_in(folder: &Path) -> std::path::PathBuf {
    folder.join("blobs")
}

async fn read(mut blob: Blob) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < blob.size() {
        let from = bytes.len() as u64;
        let end = blob.readable(from).await?;
        bytes.resize(usize::try_from(end).unwrap(), 0);
        let at = usize::try_from(from).unwrap();
        std::os::unix::fs::FileExt::read_exact_at(blob.file(), &mut bytes[at..], from).unwrap();
    }
    Ok(bytes)
}

#[tokio::test]
async fn a_layer_of_several_repositories_is_fetched_once() {
    let world = World::open();
    let image = FakeImage::new(&ImageSpec::new(1, &[300_000]));
    let names = ["lab:1", "one/lab:1", "two/lab:1", "ghcr.io/three/lab:1", "ghcr.io/four/lab:1"];
    for name in names {
        let Image { name, .. } = name.parse().unwrap();
        world.hub.add(name.repository.as_str(), "1", &image);
    }
    let pulls = names.iter().cycle().take(100).map(|name| world.pull(name));
    for pulled in futures_util::future::join_all(pulls).await {
        pulled.unwrap();
    }
    assert_eq!(world.hub.counts().blob_bytes, image.blob_bytes());
}

#[tokio::test]
async fn a_blob_of_one_repository_opens_no_other() {
    let world = World::open();
    let image = FakeImage::new(&ImageSpec::new(1, &[4096]));
    world.hub.add("library/lab", "1", &image);
    world.pull("lab:1").await.unwrap();
    let digest = &image.blobs[0].0;
    let Image { name, .. } = "someone/else".parse().unwrap();
    assert!(matches!(world.mirror.blob(&name, digest).await, Err(Fault::Absent { .. })));
    assert!(matches!(world.mirror.blob_size(&name, digest).await, Err(Fault::Absent { .. })));
}

#[tokio::test]
async fn layers_begin_to_fill_with_the_manifest() {
    let world = World::open();
    let image = FakeImage::new(&ImageSpec::new(1, &[100_000]));
    world.hub.add("library/lab", "1", &image);
    let Image { name, reference } = "lab:1".parse().unwrap();
    world.manifest(&name, &reference).await.unwrap();
    while world.report()[0].platforms[0].present_bytes < image.blob_bytes() {
        tokio::task::yield_now().await;
    }
    world.hub.trouble(Trouble::Down);
    world.pull("lab:1").await.unwrap();
}

#[tokio::test]
async fn an_image_within_indexes_is_complete_with_its_layers_and_not_before() {
    let world = World::open();
    let image = FakeImage::new(&ImageSpec::new(1, &[100_000])).nested(3);
    world.hub.add("library/lab", "1", &image);
    let Image { name, reference } = "lab:1".parse().unwrap();
    let mut manifest = world.manifest(&name, &reference).await.unwrap();
    let complete = |world: &World| world.report()[0].platforms.iter().any(|it| it.complete);
    while manifest.is_index() {
        assert!(!complete(&world), "its layers are not here");
        let child = manifest.links().unwrap().manifests.remove(0).link.digest;
        manifest = world.manifest(&name, &Reference::Digest(child)).await.unwrap();
    }
    world.pull("lab:1").await.unwrap();
    assert!(complete(&world) && world.report().len() == 1, "{:?}", world.report());
    world.evictor.free(u64::MAX).await;
    assert_eq!(world.report(), [], "no index stays behind");
}
