use std::sync::atomic::Ordering;

use futures_util::future::join_all;

use super::*;
use crate::clock::{Clock as _, ManualClock};
use crate::name::Image;
use crate::source::Source;
use crate::testing::{FakeImage, ImageSpec, ScriptedSource, Trouble};

const TTL: Duration = Duration::from_secs(60);

struct World {
    hub: Arc<ScriptedSource>,
    clock: Arc<ManualClock>,
    manifests: Manifests,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let (hub, clock) = (Arc::new(ScriptedSource::new("hub")), Arc::new(ManualClock::default()));
    clock.set_ms(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let catalog = Arc::new(Catalog::open(&folder.path().join("catalog.redb")).unwrap());
    let route = ("docker.io".parse().unwrap(), hub.clone() as Arc<dyn Source>);
    let beliefs = Beliefs { tag_ttl: TTL, absent_ttl: Duration::from_secs(10) };
    let manifests = Manifests::new(catalog, Arc::new(Sources::fixed([route])), clock.clone(), beliefs);
    World { hub, clock, manifests, _folder: folder }
}

impl World {
    fn publish(&self, tag: &str, seed: u64) -> FakeImage {
        let image = FakeImage::new(&ImageSpec::new(seed, &[2048]));
        self.hub.add("library/lab", tag, &image);
        image
    }

    async fn get(&self, image: &str) -> Result<Answer, Fault> {
        let Image { name, reference } = image.parse().unwrap();
        self.manifests.get(&name, &reference, false).await
    }

    async fn head(&self, image: &str) -> Result<Answer, Fault> {
        let Image { name, reference } = image.parse().unwrap();
        self.manifests.get(&name, &reference, true).await
    }

    fn pass(&self, time: Duration) {
        self.clock.set_ms(self.clock.now_ms() + u64::try_from(time.as_millis()).unwrap());
    }

    /// HEADs and GETs that the upstream answered.
    fn asked(&self) -> (u64, u64) {
        let counts = self.hub.counts();
        (counts.manifest_heads, counts.manifest_gets)
    }
}

#[tokio::test]
async fn a_tag_is_believed_for_its_time_and_then_asked_without_a_pull() {
    let world = world();
    let image = world.publish("1", 1);
    let first = world.get("lab:1").await.unwrap();
    assert_eq!((first.how, &first.bytes), (How::Lead, &image.root.bytes));
    assert_eq!(world.get("lab:1").await.unwrap().how, How::Hit);
    assert_eq!(world.asked(), (0, 1));
    world.pass(TTL);
    let again = world.get("lab:1").await.unwrap();
    assert_eq!((again.how, again.stale_for, again.bytes), (How::Hit, None, first.bytes));
    assert_eq!(world.asked(), (1, 1));
}

#[tokio::test]
async fn a_tag_that_moved_is_noticed_after_its_time() {
    let world = world();
    world.publish("1", 1);
    world.get("lab:1").await.unwrap();
    let moved = world.publish("1", 2);
    assert_ne!(world.get("lab:1").await.unwrap().descriptor.digest, moved.root.digest);
    world.pass(TTL);
    assert_eq!(world.get("lab:1").await.unwrap().descriptor.digest, moved.root.digest);
}

#[tokio::test]
async fn what_is_known_is_told_with_its_age_while_the_upstream_is_down() {
    let world = world();
    world.publish("1", 1);
    world.get("lab:1").await.unwrap();
    for trouble in [Trouble::Down, Trouble::ServerError, Trouble::Limited { retry_after: None }] {
        world.hub.trouble(trouble);
        world.pass(TTL);
        let stale = world.get("lab:1").await.unwrap();
        assert_eq!(stale.how, How::Stale);
        assert!(matches!(stale.stale_for, Some(Age::Known(age)) if age >= TTL), "{stale:?}");
        assert!(world.get("lab:2").await.is_err_and(|fault| fault.is_passing()));
    }
    world.hub.heal();
    assert_eq!(world.get("lab:1").await.unwrap().stale_for, None);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_hangs_keeps_nobody_waiting_for_what_is_known() {
    let world = world();
    world.publish("1", 1);
    world.get("lab:1").await.unwrap();
    world.hub.trouble(Trouble::Hanging);
    world.pass(TTL);
    assert_eq!(world.get("lab:1").await.unwrap().how, How::Stale);
}

#[tokio::test]
async fn a_clock_that_went_back_makes_no_tag_fresh() {
    let world = world();
    world.publish("1", 1);
    world.get("lab:1").await.unwrap();
    world.clock.set_ms(5);
    world.hub.trouble(Trouble::Down);
    assert_eq!(world.get("lab:1").await.unwrap().stale_for, Some(Age::Unknown));
    world.hub.heal();
    assert_eq!(world.get("lab:1").await.unwrap().stale_for, None);
    assert_eq!(world.asked(), (1, 1));
    world.get("lab:1").await.unwrap();
    assert_eq!(world.asked(), (1, 1), "confirmed by the clock of now it is fresh");
    world.pass(TTL);
    world.get("lab:1").await.unwrap();
    assert_eq!(world.asked(), (2, 1), "and for its time only");
}

#[tokio::test]
async fn nobody_asks_twice_for_what_is_not_there() {
    let world = world();
    assert!(matches!(world.get("lab:none").await, Err(Fault::Absent { .. })));
    world.publish("none", 1);
    assert!(matches!(world.get("lab:none").await, Err(Fault::Absent { .. })));
    assert!(matches!(world.get("ghcr.io/lab:1").await, Err(Fault::Absent { .. })));
}

#[tokio::test]
async fn a_hundred_at_once_are_one_pull() {
    let world = world();
    world.publish("1", 1);
    let answers = join_all((0..100).map(|_| world.get("lab:1"))).await;
    let leads = answers.iter().filter(|answer| answer.as_ref().unwrap().how == How::Lead).count();
    assert_eq!((leads, world.asked()), (1, (0, 1)));
}

/// As it is for somebody who looked before the others had their answer, and asks after it.
#[tokio::test]
async fn who_asks_a_moment_too_late_costs_no_pull() {
    let world = world();
    let image = world.publish("1", 1);
    let Image { name, reference } = "lab:1".parse().unwrap();
    for reference in [reference.clone(), reference, Reference::Digest(image.root.digest.clone())] {
        let (manifest, _) = world.manifests.body(&name, reference).await;
        assert_eq!(manifest.unwrap(), image.root);
    }
    assert_eq!(world.asked(), (0, 1));
}

#[tokio::test]
async fn head_costs_no_pull() {
    let world = world();
    let image = world.publish("1", 1);
    let head = world.head("lab:1").await.unwrap();
    assert_eq!((head.descriptor.digest, head.bytes.len()), (image.root.digest.clone(), 0));
    assert_eq!(head.descriptor.size, image.root.bytes.len() as u64);
    assert_eq!(world.asked(), (1, 0));
    let got = world.get(&format!("lab@{}", image.root.digest)).await.unwrap();
    assert_eq!((got.bytes, world.asked()), (image.root.bytes, (1, 1)));
    assert_eq!(world.get("lab:1").await.unwrap().how, How::Hit);
}

#[tokio::test]
async fn a_digest_of_one_repository_opens_no_other() {
    let world = world();
    let image = world.publish("1", 1);
    world.get("lab:1").await.unwrap();
    let elsewhere = format!("someone/else@{}", image.root.digest);
    assert!(matches!(world.get(&elsewhere).await, Err(Fault::Absent { .. })));
    let shared = format!("someone/shared@{}", image.root.digest);
    world.hub.add("someone/shared", "1", &image);
    assert_eq!(world.get(&shared).await.unwrap().bytes, image.root.bytes);
    assert_eq!(world.asked(), (1, 1));
}

#[tokio::test]
async fn an_asker_that_leaves_does_not_leave_the_others_alone() {
    let world = world();
    world.publish("1", 1);
    let asked = std::sync::atomic::AtomicU32::new(0);
    let one = async {
        tokio::select! {
            biased;
            _ = world.get("lab:1") => {}
            () = std::future::ready(()) => { asked.fetch_add(1, Ordering::SeqCst); }
        }
    };
    let (answer, ()) = tokio::join!(world.get("lab:1"), one);
    assert!(answer.is_ok());
    assert_eq!(asked.into_inner(), 1);
}
