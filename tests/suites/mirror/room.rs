//! A disk that cannot hold what nodes ask for: what never fits is fetched from the registry itself, at once and at every
//! pull; what fits when something else goes is served as if nothing were.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use registry_mirror::api::{WarmRequest, WarmState};
use registry_mirror::testing::FakeImage;
use registry_mirror::testing::hub::{FakeHub, HubOptions};
use tests::mirror::{MirrorProcess, Node, Upstream};
use tokio::time::{Instant, timeout};

use super::{HUB, KIB, fill, nodes, repository, sum};

const MIB: u64 = 1024 * 1024;
/// A node that had headers and no bytes would be kept 240 s.
const AT_ONCE: Duration = Duration::from_secs(10);
const PULLED_WITHIN: Duration = Duration::from_secs(60);

struct World {
    hub: FakeHub,
    images: Vec<FakeImage>,
    mirror: MirrorProcess,
}

impl World {
    async fn new(images: u64, layers_bytes: &[usize], budget_bytes: u64) -> Self {
        let hub = FakeHub::start(HubOptions::default()).await.unwrap();
        let images = fill(&hub, images, layers_bytes);
        let settings = move |config: &mut registry_mirror::Config| {
            (config.disk_budget_bytes, config.headroom_bytes) = (budget_bytes, 0);
        };
        let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &settings).await.unwrap();
        Self { hub, images, mirror }
    }

    /// Nodes, one after another, pull an image of which one blob has no room, each twice.
    async fn served_by_the_registry(&self, at: usize) {
        for node in nodes(3, &self.mirror.url(), &Upstream::Url(self.hub.url())) {
            for _ in 0..2 {
                node.forget().await;
                let begun = Instant::now();
                let digest = node.pull(&repository(at), "1").await.unwrap();
                assert_eq!(digest, self.images[at].root.digest);
                assert!(begun.elapsed() < AT_ONCE, "{:?} {:?}", begun.elapsed(), node.counts);
            }
            let counts = &node.counts;
            assert_eq!(counts.fallbacks.load(Ordering::Relaxed), 2, "one blob, twice: {counts:?}");
            let noticed = [&counts.resumed, &counts.limited, &counts.wrong, &counts.repeated];
            assert!(noticed.iter().all(|count| count.load(Ordering::Relaxed) == 0), "{counts:?}");
        }
        // One without the registry hears it at once, too.
        let alone = Node::new(&self.mirror.url(), HUB, &Upstream::None).unwrap();
        let begun = Instant::now();
        let error = alone.pull(&repository(at), "1").await.unwrap_err().to_string();
        assert!(error.contains("503") && error.contains("no room"), "{error}");
        assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    }

    /// How often the log has these words.
    fn said(&self, words: &str) -> usize {
        self.mirror.log().lines().filter(|line| line.contains(words)).count()
    }
}

#[tokio::test]
async fn a_blob_larger_than_the_disk_budget_comes_from_the_registry_itself() {
    let world = World::new(1, &[3 * 1024 * KIB, 64 * KIB], 2 * MIB).await;
    world.served_by_the_registry(0).await;
    assert_eq!(world.said("nodes are sent to the upstream"), 1, "{}", world.mirror.log());
    assert_eq!(world.said("raise disk_budget_bytes"), 1, "with the remedy: {}", world.mirror.log());
}

#[tokio::test]
async fn what_pins_leave_no_room_for_comes_from_the_registry_itself() {
    let world = World::new(3, &[1024 * KIB, 64 * KIB], 2 * MIB).await;
    let wish = |at: usize| WarmRequest {
        images: vec![format!("{HUB}/{}:1", repository(at))],
        platforms: Vec::new(),
        pin_until: Some("2999-01-01T00:00:00Z".to_owned()),
    };
    let job = world.mirror.warm(&wish(0)).await.unwrap();
    assert_eq!(job.images[0].state, WarmState::Complete, "{job:?}");
    world.served_by_the_registry(1).await;
    assert_eq!(world.said("nodes are sent to the upstream"), 1, "{}", world.mirror.log());
    assert_eq!(world.said("end pins"), 1, "with the remedy: {}", world.mirror.log());
    let job = world.mirror.warm(&wish(2)).await.unwrap();
    let image = &job.images[0];
    let words = image.error.as_deref().unwrap_or_default();
    assert!(image.state == WarmState::Failed && words.contains("end pins"), "{job:?}");
    let node = Node::new(&world.mirror.url(), HUB, &Upstream::None).unwrap();
    assert_eq!(node.pull(&repository(0), "1").await.unwrap(), world.images[0].root.digest, "pins are kept");
}

/// Twelve images where there is room for three.
#[tokio::test]
async fn a_tight_disk_that_can_be_freed_is_no_error_at_any_node() {
    let world = World::new(12, &[1024 * KIB, 512 * KIB, 64 * KIB], 5 * MIB).await;
    let class = nodes(6, &world.mirror.url(), &Upstream::Url(world.hub.url()));
    let pulls = class.iter().enumerate().map(|(at, node)| pull_all(node.clone(), &world.images, at));
    timeout(PULLED_WITHIN, futures_util::future::join_all(pulls)).await.expect("every pull ends");
    let counts = [
        ("server errors", sum(&class, |node| &node.counts.server_errors)),
        ("fallbacks", sum(&class, |node| &node.counts.fallbacks)),
        ("limited", sum(&class, |node| &node.counts.limited)),
        ("resumed", sum(&class, |node| &node.counts.resumed)),
    ];
    assert!(counts.iter().all(|(_, count)| *count == 0), "{counts:?}\n{}", world.mirror.log());
    let disk = world.mirror.status().await.unwrap().disk;
    let taken = disk.sealed_bytes + disk.partial_bytes + disk.quarantine_bytes + disk.catalog_bytes;
    assert!(taken <= disk.budget_bytes, "{disk:?}");
    assert!(world.said("made room") > 0, "it was never tight");
}

/// Each node begins with another image.
async fn pull_all(node: Arc<Node>, images: &[FakeImage], first: usize) {
    for turn in 0..images.len() {
        let at = (turn + 2 * first) % images.len();
        assert_eq!(node.pull(&repository(at), "1").await.unwrap(), images[at].root.digest);
    }
}

/// Manifests alone would take many times the budget.
#[tokio::test]
async fn large_manifests_do_not_outgrow_the_disk() {
    let budget_bytes = 16 * MIB;
    let world = World::new(0, &[], budget_bytes).await;
    let node = Node::new(&world.mirror.url(), HUB, &Upstream::Url(world.hub.url())).unwrap();
    for seed in 0..40 {
        let spec = registry_mirror::testing::ImageSpec::new(seed, &[4 * KIB]);
        let image = FakeImage::new(&spec).with_large_manifest(3 * 1024 * KIB);
        world.hub.add(&repository(0), "1", &image);
        node.manifest(&repository(0), &image.root.digest).await.unwrap();
    }
    let disk = world.mirror.status().await.unwrap().disk;
    assert!(disk.catalog_bytes > 0 && disk.catalog_bytes + disk.sealed_bytes <= budget_bytes, "{disk:?}");
    let file_bytes = world.mirror.catalog_bytes().unwrap();
    assert!(file_bytes <= 2 * budget_bytes, "120 MiB came: {file_bytes}");
}
