//! What is known of images keeps to the disk budget too, and pins may take all of it.

use std::os::unix::fs::MetadataExt as _;

use super::*;
use crate::catalog::Pin;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

fn tight(budget_bytes: u64) -> World {
    World::within(Limits { disk_budget_bytes: budget_bytes, headroom_bytes: 0, ..Limits::default() })
}

impl World {
    fn publish(&self, repository: &str, image: FakeImage) -> FakeImage {
        self.hub.add(repository, "1", &image);
        image
    }

    fn taken_bytes(&self) -> u64 {
        self.mirror.fills.bounds().room.usage().total_bytes()
    }

    /// On the disk, however much of it is in use.
    fn catalog_file_bytes(&self) -> u64 {
        std::fs::metadata(self.folder.path().join("catalog.redb")).unwrap().blocks() * 512
    }

    async fn quiet(&self) {
        while self.mirror.fills.counts().running > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn many_large_manifests_keep_to_the_budget() {
    let budget_bytes = 8 * MIB;
    let world = tight(budget_bytes);
    for seed in 0..60 {
        let image = FakeImage::new(&ImageSpec::new(seed, &[4096])).with_large_manifest(400_000);
        world.publish(&format!("lab/app-{seed}"), image);
        world.clock.set_ms(world.clock.now_ms() + 1000);
        world.pull(&format!("lab/app-{seed}:1")).await.unwrap();
        assert!(world.taken_bytes() <= budget_bytes, "{seed}: {}", world.taken_bytes());
    }
    let kept = world.report();
    assert!(
        (2..20).contains(&kept.len()) && kept.iter().any(|image| image.image.contains("app-59")),
        "{kept:?}"
    );
    let file_bytes = world.catalog_file_bytes();
    println!("the catalogue counts {} bytes, its file has {file_bytes}", world.catalog.taken_bytes());
    assert!(file_bytes <= 2 * budget_bytes, "60 manifests would be 24 MB: {file_bytes}");
}

#[tokio::test]
async fn the_catalogue_has_a_bound_of_its_own() {
    let world = tight(1000 * MIB);
    let limits = *world.mirror.fills.bounds().room.limits();
    for seed in 0..40 {
        let image = FakeImage::new(&ImageSpec::new(seed, &[4096])).with_large_manifest(1_000_000);
        world.publish(&format!("lab/app-{seed}"), image);
        world.clock.set_ms(world.clock.now_ms() + 1000);
        world.pull(&format!("lab/app-{seed}:1")).await.unwrap();
        assert!(world.catalog.taken_bytes() <= limits.catalog_max_bytes(), "{seed}");
    }
    assert!(world.catalog.taken_bytes() > limits.catalog_max_bytes() / 2, "{}", world.catalog.taken_bytes());
}

#[tokio::test]
async fn nothing_that_was_ever_asked_for_stays_for_ever() {
    let world = World::open();
    // An index that nobody followed, an image, a tag that was only described.
    world.publish("lab/index", FakeImage::new(&ImageSpec::new(1, &[4096])).nested(1));
    world.publish("lab/image", FakeImage::new(&ImageSpec::new(2, &[4096])));
    world.publish("lab/described", FakeImage::new(&ImageSpec::new(3, &[4096])));
    world.pull("lab/image:1").await.unwrap();
    for (image, is_head) in [("lab/index:1", false), ("lab/described:1", true)] {
        let Image { name, reference } = image.parse().unwrap();
        world.mirror.manifest(&name, &reference, is_head).await.unwrap();
    }
    world.quiet().await;
    world.mirror.flush_uses().await.unwrap();
    assert_eq!(world.report().len(), 2);
    world.evictor.free(u64::MAX).await;
    assert_eq!((world.report(), world.catalog.taken_bytes()), (vec![], 0));
}

#[tokio::test]
async fn pins_that_take_the_disk_send_nodes_elsewhere_before_the_headers() {
    let world = tight(2 * MIB);
    let pinned = world.publish("lab/pinned", FakeImage::new(&ImageSpec::new(1, &[1_200_000])));
    let other = world.publish("lab/other", FakeImage::new(&ImageSpec::new(2, &[1_100_000, 4096])));
    world.catalog.pin(&Pin { image: "lab/pinned:1".parse().unwrap(), until_ms: u64::MAX }).unwrap();
    world.pull("lab/pinned:1").await.unwrap();
    world.quiet().await;
    let Image { name, .. } = "lab/other".parse().unwrap();
    world.manifest(&name, &"1".parse().unwrap()).await.unwrap();
    let large = other.blobs.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    for _ in 0..3 {
        let fault = world.mirror.blob(&name, &large.0).await.unwrap_err();
        assert!(
            matches!(&fault, Fault::NoRoom { for_good: true, reason } if reason.contains("end pins")),
            "{fault}"
        );
    }
    let small = other.blobs.iter().find(|(_, bytes)| bytes.len() == 4096).unwrap();
    assert_eq!(read(world.mirror.blob(&name, &small.0).await.unwrap()).await.unwrap(), small.1);
    assert!(
        world.report().iter().any(|image| image.digest == pinned.root.digest.to_string() && image.pinned)
    );
    world.catalog.unpin(&"lab/pinned:1".parse().unwrap()).unwrap();
    world.pull("lab/other:1").await.unwrap();
}
