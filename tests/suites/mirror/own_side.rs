//! Faults of the mirror's own side, on its own process: a disk that is full, and readers that do not read.

use std::sync::atomic::Ordering;
use std::time::Duration;

use registry_mirror::testing::hub::{FakeHub, HubOptions};
use registry_mirror::testing::{FakeImage, ImageSpec};
use tests::mirror::{MirrorProcess, Node, Surroundings, Upstream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{HUB, KIB, fill, nodes, repository, sum};

const IMAGES: u64 = 12;
const LAYERS_BYTES: [usize; 2] = [1536 * KIB, 512 * KIB];
/// Three images and the catalogue.
const DISK_BYTES: u64 = 9 * 1024 * 1024;
const PULLED_WITHIN: Duration = Duration::from_secs(60);

const READERS: usize = 1000;
const LARGE_BYTES: usize = 8 * 1024 * KIB;
/// What a reader takes before it stops.
const SIP_BYTES: usize = 1024;
/// For each reader, over what the mirror had in use before: buffers for heads, and no bodies.
const READER_BYTES_MAX: u64 = 32 * 1024;
const SERVED_WITHIN: Duration = Duration::from_secs(10);

/// The disk is smaller than the budget says, so that it is full in the midst of fills, again and again.
#[tokio::test]
async fn a_full_disk_costs_time_and_no_byte() {
    let hub = FakeHub::start(HubOptions::default()).await.unwrap();
    let images = fill(&hub, IMAGES, &LAYERS_BYTES);
    let upstreams = vec![hub.upstream("hub", HUB)];
    let small_disk = Surroundings { disk_bytes: Some(DISK_BYTES), ..Surroundings::default() };
    let mirror = MirrorProcess::start_in(small_disk, upstreams, &|_| {}).await.unwrap();
    let class = nodes(4, &mirror.url(), &Upstream::Url(hub.url()));
    let pulls = class.iter().enumerate().map(|(at, node)| {
        let images = &images;
        async move {
            for turn in 0..images.len() {
                let which = (turn + at * 3) % images.len();
                let digest = node.pull_until_there(&repository(which), "1", 200).await;
                assert_eq!(digest.unwrap(), images[which].root.digest, "{:?}", node.counts);
            }
        }
    });
    timeout(PULLED_WITHIN, futures_util::future::join_all(pulls)).await.expect("every pull ends");
    assert_eq!(sum(&class, |node| &node.counts.wrong), 0, "no node ever completed wrong bytes");
    let alone = Node::new(&mirror.url(), HUB, &Upstream::None).unwrap();
    let digest = alone.pull_until_there(&repository(0), "1", 200).await;
    assert_eq!(digest.unwrap(), images[0].root.digest, "it goes on, and makes room\n{}", mirror.log());
    let found = mirror.verify().await.unwrap();
    assert!(found.wrong.is_empty() && found.blobs_total > 0, "{found:?}");
    assert!(mirror.log().contains("made room"), "the disk was never full\n{}", mirror.log());
}

#[tokio::test]
async fn a_thousand_readers_that_do_not_read_take_no_memory_and_delay_nobody() {
    let hub = FakeHub::start(HubOptions::default()).await.unwrap();
    let image = FakeImage::new(&ImageSpec::new(1, &[LARGE_BYTES]));
    hub.add(&repository(0), "1", &image);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    let node = Node::new(&mirror.url(), HUB, &Upstream::None).unwrap();
    node.pull(&repository(0), "1").await.unwrap();
    let before_bytes = mirror.resident_bytes().unwrap();

    let (layer, content) = image.blobs.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let request = format!("GET /v2/{}/blobs/{layer} HTTP/1.1\r\nHost: mirror\r\n\r\n", repository(0));
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut reader = TcpStream::connect(mirror.address()).await.unwrap();
        reader.write_all(request.as_bytes()).await.unwrap();
        readers.push(reader);
    }
    let mut sip = [0; SIP_BYTES];
    for reader in &mut readers {
        reader.read_exact(&mut sip).await.unwrap();
    }
    let grown_bytes = mirror.resident_bytes().unwrap().saturating_sub(before_bytes);
    println!("{READERS} slow readers: {grown_bytes} bytes more than {before_bytes}");
    assert!(grown_bytes < READERS as u64 * READER_BYTES_MAX, "{grown_bytes} bytes for {READERS} readers");

    node.forget().await;
    timeout(SERVED_WITHIN, node.pull(&repository(0), "1")).await.expect("nobody waits for them").unwrap();
    assert_eq!(node.counts.server_errors.load(Ordering::Relaxed), 0);
    let last = readers.pop().unwrap();
    drop(readers);
    assert_rest(last, &sip, content).await;
}

/// One that begins to read again gets everything.
async fn assert_rest(mut reader: TcpStream, sip: &[u8], content: &[u8]) {
    let head = sip.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let mut body = sip[head..].to_vec();
    let begun = body.len();
    body.resize(content.len(), 0);
    timeout(SERVED_WITHIN, reader.read_exact(&mut body[begun..])).await.unwrap().unwrap();
    assert!(body == content, "other bytes");
}
