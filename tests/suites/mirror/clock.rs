//! A clock that jumps, either way and far: nothing hangs, nothing is believed for ever, and nothing goes that was used.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use registry_mirror::Config;
use registry_mirror::testing::hub::{FakeHub, HubAuth, HubOptions};
use registry_mirror::testing::{FakeImage, ImageSpec, Trouble};
use tests::mirror::{MirrorProcess, Node, ShiftedClock, Surroundings, Upstream};
use tokio::time::{Instant, sleep, timeout};

use super::{HUB, KIB, fill, repository};

const HOUR_S: i64 = 3600;
const YEAR_S: i64 = 365 * 24 * HOUR_S;
const LAYERS_BYTES: [usize; 2] = [700 * KIB, 300 * KIB];
const IMAGE_BYTES: u64 = 1024 * 1024;
/// Long before a node would give up.
const PULLED_WITHIN: Duration = Duration::from_secs(20);
const PULLS: u64 = 100;
const POLL: Duration = Duration::from_millis(5);

struct World {
    hub: FakeHub,
    images: Vec<FakeImage>,
    clock: Arc<ShiftedClock>,
    mirror: MirrorProcess,
}

impl World {
    async fn new(images: u64, settings: impl Fn(&mut Config) + Sync) -> Self {
        let options = HubOptions { auth: HubAuth::Token, pulls: Some(PULLS), ..HubOptions::default() };
        let hub = FakeHub::start(options).await.unwrap();
        let images = fill(&hub, images, &LAYERS_BYTES);
        let clock = Arc::new(ShiftedClock::new().await.unwrap());
        let surroundings = Surroundings { clock: Some(clock.clone()), ..Surroundings::default() };
        let upstreams = vec![hub.upstream("hub", HUB)];
        let mirror = MirrorProcess::start_in(surroundings, upstreams, &settings).await.unwrap();
        Self { hub, images, clock, mirror }
    }

    fn node(&self) -> Node {
        Node::new(&self.mirror.url(), HUB, &Upstream::None).unwrap()
    }

    /// A new node pulls an image.
    async fn pull(&self, at: usize) {
        let pulled = timeout(PULLED_WITHIN, self.node().pull(&repository(at), "1")).await;
        let digest = pulled.unwrap().unwrap();
        assert_eq!(digest, self.images[at].root.digest, "image {at}");
    }

    /// Waits until just these images are complete, in order.
    async fn until_whole(&self, expected: &[bool]) {
        let deadline = Instant::now() + PULLED_WITHIN;
        loop {
            let whole = self.whole().await;
            if whole == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{whole:?} for {expected:?}\n{}", self.mirror.log());
            sleep(POLL).await;
        }
    }

    /// What clients show to people when they pull image 0 by its tag.
    async fn warning(&self) -> String {
        let url = format!("{}/v2/{}/manifests/1?ns={HUB}", self.mirror.url(), repository(0));
        let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
        let warning = answer.headers().get("warning").unwrap();
        warning.to_str().unwrap().to_owned()
    }

    async fn whole(&self) -> Vec<bool> {
        let images = self.mirror.status().await.unwrap().images;
        let is_whole = |at: usize| {
            let name = format!("{HUB}/{}:1", repository(at));
            let image = images.iter().find(|image| image.image == name);
            image.is_some_and(|image| image.platforms.iter().all(|platform| platform.complete))
        };
        (0..self.images.len()).map(is_whole).collect()
    }
}

#[tokio::test]
async fn a_tag_is_asked_again_after_any_jump_and_told_while_the_upstream_is_down() {
    let mut world = World::new(1, |config| config.tag_ttl_s = HOUR_S.unsigned_abs()).await;
    world.pull(0).await;
    for (seed, shift) in [(11, 2 * HOUR_S), (12, -YEAR_S), (13, 20 * YEAR_S), (14, 0)] {
        let asked = world.hub.counts().manifest_heads;
        world.pull(0).await;
        assert_eq!(world.hub.counts().manifest_heads, asked, "a tag is believed for its time");
        world.clock.shift(shift).unwrap();
        world.hub.trouble(Trouble::Down);
        world.pull(0).await;
        assert_told(&world.warning().await, shift);
        world.hub.heal();
        // The tag means something else now.
        world.images[0] = FakeImage::new(&ImageSpec::new(seed, &LAYERS_BYTES));
        world.hub.add(&repository(0), "1", &world.images[0]);
        world.pull(0).await;
    }
    let (counts, status) = (world.hub.counts(), world.mirror.status().await.unwrap());
    assert_eq!((counts.manifest_gets, counts.refused_pulls), (5, 0), "{counts:?}");
    assert_eq!(status.upstreams[0].remaining, PULLS - 5, "the budget is counted by time that only goes on");
}

/// An age that a person can believe, or that there is none: the clock went back at every second jump.
fn assert_told(warning: &str, shift: i64) {
    let age_s: Option<u64> = warning.split(' ').find_map(|word| word.parse().ok().filter(|age| *age != 299));
    match shift {
        ..=0 => assert!(age_s.is_none() && warning.contains("has gone back"), "{warning}"),
        forward => {
            let (least_s, most_s) = (forward.unsigned_abs(), (forward + 2 * YEAR_S).unsigned_abs());
            assert!(age_s.is_some_and(|age_s| (least_s..most_s).contains(&age_s)), "{warning}");
        }
    }
}

#[tokio::test]
async fn a_download_goes_on_over_a_jump() {
    let world = World::new(4, |_| {}).await;
    for (at, shift) in (0..).zip([HOUR_S, -YEAR_S, 20 * YEAR_S, 0]) {
        world.hub.trouble(Trouble::Slow { bytes_per_s: 1_000_000 });
        let node = Arc::new(world.node());
        let (pulls, name) = (node.clone(), repository(at));
        let mut running = tokio::task::JoinSet::new();
        running.spawn(async move { timeout(PULLED_WITHIN, pulls.pull(&name, "1")).await });
        while node.counts.bytes.load(Ordering::Relaxed) == 0 {
            assert!(running.try_join_next().is_none(), "it ended before its first byte");
            sleep(POLL).await;
        }
        world.clock.shift(shift).unwrap();
        let digest = running.join_next().await.unwrap().unwrap().expect("nothing hangs").unwrap();
        assert_eq!(digest, world.images[at].root.digest);
        assert_eq!(node.counts.server_errors.load(Ordering::Relaxed), 0);
        world.hub.heal();
    }
    world.until_whole(&[true; 4]).await;
    let verified = world.mirror.verify().await.unwrap();
    assert!(verified.wrong.is_empty() && verified.blobs == 4 * 3, "{verified:?}");
}

/// There is room for two images: of the three, the one that was asked for first goes, whatever the clock said.
#[tokio::test]
async fn what_was_used_stays_when_the_clock_goes_back() {
    let settings = |config: &mut Config| {
        (config.disk_budget_bytes, config.headroom_bytes) = (5 * IMAGE_BYTES / 2, 0);
    };
    let world = World::new(3, settings).await;
    world.clock.shift(20 * YEAR_S).unwrap();
    world.pull(0).await;
    world.pull(1).await;
    world.until_whole(&[true, true, false]).await;
    world.clock.shift(0).unwrap();
    world.pull(0).await;
    world.pull(2).await;
    world.until_whole(&[true, false, true]).await;
}
