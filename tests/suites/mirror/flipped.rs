//! A bit that flips on the disk: it is found, never served after that, and fetched anew.

use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use registry_mirror::api::VerificationState;
use registry_mirror::testing::hub::{FakeHub, HubOptions};
use registry_mirror::testing::{FakeImage, Trouble};
use registry_mirror::{Config, Digest};
use tests::mirror::{MirrorProcess, Node, Upstream};
use tokio::time::{Instant, sleep};

use super::{HUB, KIB, fill, repository};

const LAYERS_BYTES: [usize; 3] = [1536 * KIB, 512 * KIB, 40 * KIB];
const FOUND_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const FAST_BYTES_PER_S: u64 = 1 << 30;

#[tokio::test]
async fn a_flipped_bit_is_found_when_somebody_asks_and_fetched_anew() {
    let (hub, image, mirror) = kept(|config| config.scrub_bytes_per_s = 0).await;
    let wrong = flip(&mirror, &image);
    let found = mirror.verify().await.unwrap();
    assert_eq!((found.state, &found.wrong), (VerificationState::Done, &vec![wrong.to_string()]));
    assert_mended(&hub, &image, &mirror).await;
}

/// The scrubber walks at the start of a life, and then every hour.
#[tokio::test]
async fn a_flipped_bit_is_found_by_the_scrubber_and_fetched_anew() {
    let (hub, image, mut mirror) = kept(|config| config.scrub_bytes_per_s = FAST_BYTES_PER_S).await;
    flip(&mirror, &image);
    mirror.kill().await.unwrap();
    mirror.begin().await.unwrap();
    assert_mended(&hub, &image, &mirror).await;
}

/// A mirror that keeps an image.
async fn kept(settings: impl Fn(&mut Config) + Sync) -> (FakeHub, FakeImage, MirrorProcess) {
    let hub = FakeHub::start(HubOptions::default()).await.unwrap();
    let image = fill(&hub, 1, &LAYERS_BYTES).remove(0);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &settings).await.unwrap();
    node(&mirror).pull(&repository(0), "1").await.unwrap();
    until(&mirror, "the image is complete", |status| status.disk.sealed_bytes == image.blob_bytes()).await;
    (hub, image, mirror)
}

fn node(mirror: &MirrorProcess) -> Node {
    Node::new(&mirror.url(), HUB, &Upstream::None).unwrap()
}

fn largest(image: &FakeImage) -> (&Digest, u64) {
    let (digest, bytes) = image.blobs.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    (digest, bytes.len() as u64)
}

pub(super) fn flip(mirror: &MirrorProcess, image: &FakeImage) -> Digest {
    let (digest, size) = largest(image);
    let path = find(&mirror.folder().join("blobs"), digest.hex()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, size / 2).unwrap();
    file.write_all_at(&[byte[0] ^ 1], size / 2).unwrap();
    digest.clone()
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.find_map(|path| match path.is_dir() {
        true => find(&path, name),
        false => (path.file_name()?.to_str()? == name).then_some(path),
    })
}

/// The wrong blob is aside, not served when the upstream gives none, and fetched alone when it does.
async fn assert_mended(hub: &FakeHub, image: &FakeImage, mirror: &MirrorProcess) {
    let (digest, size) = largest(image);
    until(mirror, "the blob is put aside", |status| status.disk.quarantine_bytes == size).await;
    let status = mirror.status().await.unwrap();
    assert_eq!(status.images[0].platforms[0].missing, [digest.to_string()], "{status:?}");
    let node = node(mirror);
    hub.trouble(Trouble::Denied);
    assert!(node.pull(&repository(0), "1").await.is_err(), "served though it is wrong");
    hub.heal();
    let before = hub.counts();
    assert_eq!(node.pull_until_there(&repository(0), "1", 20).await.unwrap(), image.root.digest);
    assert_eq!(node.counts.wrong.load(Ordering::Relaxed), 0, "no node completed wrong bytes");
    let after = hub.counts();
    assert_eq!(after.blob_bytes - before.blob_bytes, size, "nothing else is fetched again");
    until(mirror, "it is kept again", |status| status.disk.sealed_bytes == image.blob_bytes()).await;
    assert!(mirror.verify().await.unwrap().wrong.is_empty());
}

async fn until(mirror: &MirrorProcess, what: &str, is: impl Fn(&registry_mirror::api::Status) -> bool) {
    let deadline = Instant::now() + FOUND_WITHIN;
    loop {
        let status = mirror.status().await.unwrap();
        if is(&status) {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: {status:?}\n{}", mirror.log());
        sleep(POLL).await;
    }
}
