//! `kill -9` while nodes pull, again and again: every node gets the right bytes in the end, and the folder holds what
//! the mirror says that it holds. `MIRROR_KILLS` says how often, `MIRROR_SEED` repeats the moments.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use registry_mirror::testing::hub::{FakeHub, HubOptions};
use tests::mirror::{MirrorProcess, Node, Upstream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::{HUB, KIB, fill, nodes, repository, sum};

const KILLS: u64 = 20;
const IMAGES: usize = 24;
const LAYERS_BYTES: [usize; 3] = [1536 * KIB, 512 * KIB, 40 * KIB];
/// Less than all images together, so that images also leave.
const DISK_BYTES: u64 = 36 * 1024 * 1024;
/// So that most moments find fills under way.
const BANDWIDTH_BYTES_PER_S: u64 = 30_000_000;
/// A life ends after so much at the latest, in milliseconds.
const LIFE_MAX_MS: u64 = 400;
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

#[tokio::test]
async fn kills_lose_and_spoil_nothing() {
    let (kills, seed) = (number("MIRROR_KILLS", KILLS), number("MIRROR_SEED", 1));
    println!("MIRROR_KILLS={kills} MIRROR_SEED={seed}");
    let hub = FakeHub::start(HubOptions::default()).await.unwrap();
    let images = fill(&hub, IMAGES as u64, &LAYERS_BYTES);
    hub.set_bandwidth(Some(BANDWIDTH_BYTES_PER_S));
    let settings = |config: &mut registry_mirror::Config| {
        (config.disk_budget_bytes, config.headroom_bytes) = (DISK_BYTES, DISK_BYTES / 10);
    };
    let mut mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &settings).await.unwrap();

    let mut class = Class::begin(&mirror.url(), &hub.url(), seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..kills {
        sleep(Duration::from_millis(random.next_u64() % LIFE_MAX_MS)).await;
        mirror.kill().await.unwrap();
        mirror.begin().await.unwrap();
    }
    let pulled = timeout(SETTLED_WITHIN, class.end()).await.expect("every pull ends");

    assert!(pulled as u64 > kills, "{pulled} pulls");
    assert_eq!(sum(&class.nodes, |node| &node.counts.wrong), 0, "no node ever completed wrong bytes");
    settle(&mirror).await;
    let found = mirror.verify().await.unwrap();
    assert!(found.wrong.is_empty() && found.blobs == found.blobs_total, "{found:?}");
    assert_kept(&mirror).await;

    let node = Node::new(&mirror.url(), HUB, &Upstream::None).unwrap();
    for (at, image) in images.iter().enumerate() {
        assert_eq!(node.pull(&repository(at), "1").await.unwrap(), image.root.digest);
    }
    class.tell();
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// Nodes that pull until they are told to end: half of them have nobody but the mirror.
struct Class {
    nodes: Vec<Arc<Node>>,
    pulls: JoinSet<usize>,
    ends: Arc<AtomicBool>,
}

impl Class {
    fn begin(mirror: &str, upstream: &str, seed: u64) -> Self {
        let alone = nodes(8, mirror, &Upstream::None);
        let helped = nodes(4, mirror, &Upstream::Url(upstream.to_owned()));
        let nodes: Vec<_> = alone.into_iter().chain(helped).collect();
        let (mut pulls, ends) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for (at, node) in (0..).zip(&nodes) {
            pulls.spawn(pull(node.clone(), ends.clone(), ChaCha8Rng::seed_from_u64(seed ^ (at << 32))));
        }
        Self { nodes, pulls, ends }
    }

    /// Lets every pull come to its end; answers how many there were.
    async fn end(&mut self) -> usize {
        self.ends.store(true, Ordering::SeqCst);
        let mut all = 0;
        while let Some(pulled) = self.pulls.join_next().await {
            all += pulled.unwrap();
        }
        all
    }

    fn tell(&self) {
        let counts = [
            ("fallbacks", sum(&self.nodes, |node| &node.counts.fallbacks)),
            ("resumed", sum(&self.nodes, |node| &node.counts.resumed)),
            ("repeated", sum(&self.nodes, |node| &node.counts.repeated)),
            ("server errors", sum(&self.nodes, |node| &node.counts.server_errors)),
            ("bytes", sum(&self.nodes, |node| &node.counts.bytes)),
        ];
        println!("{:?}", BTreeMap::from(counts));
    }
}

async fn pull(node: Arc<Node>, ends: Arc<AtomicBool>, mut random: ChaCha8Rng) -> usize {
    let mut pulled = 0;
    while !ends.load(Ordering::SeqCst) {
        let at = usize::try_from(random.next_u64() % IMAGES as u64).unwrap();
        node.forget().await;
        node.pull_until_there(&repository(at), "1", u32::MAX).await.unwrap();
        pulled += 1;
    }
    pulled
}

/// Until nothing is under way.
async fn settle(mirror: &MirrorProcess) {
    let deadline = Instant::now() + SETTLED_WITHIN;
    while mirror.status().await.unwrap().traffic.fills_running > 0 {
        assert!(Instant::now() < deadline, "fills do not end");
        sleep(POLL).await;
    }
}

/// What the mirror says that it keeps is what lies in its folder, and nothing else lies there.
async fn assert_kept(mirror: &MirrorProcess) {
    let disk = mirror.status().await.unwrap().disk;
    let blobs = mirror.folder().join("blobs");
    let size = |name: &str| files(&blobs.join(name)).values().sum::<u64>();
    assert_eq!(size("blobs"), disk.sealed_bytes, "{disk:?}");
    assert_eq!(size("trash"), 0, "{:?}", files(&blobs.join("trash")));
    assert_eq!((size("quarantine"), disk.quarantine_bytes), (0, 0), "nothing was ever wrong");
    let parts = files(&blobs.join("partial"));
    let full = |name: &String| name.rsplit(['-', '.']).next().unwrap().parse::<u64>().unwrap();
    assert_eq!(parts.keys().map(full).sum::<u64>(), disk.partial_bytes, "parts count in full: {parts:?}");
    assert!(parts.iter().all(|(name, bytes)| *bytes <= full(name)), "{parts:?}");
    assert!(disk.sealed_bytes + disk.partial_bytes <= disk.budget_bytes, "{disk:?}");
}

/// Sizes of all files below a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let about = entry.metadata().unwrap();
        if about.is_dir() {
            found.append(&mut files(&entry.path()));
        } else {
            found.insert(entry.file_name().into_string().unwrap(), about.len());
        }
    }
    found
}
