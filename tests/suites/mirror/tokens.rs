//! A token that ends while a blob comes: the download is cut, and goes on with a fresh token where it was.

use std::sync::atomic::Ordering;
use std::time::Duration;

use registry_mirror::testing::hub::{FakeHub, HubAuth, HubOptions};
use registry_mirror::testing::{FakeImage, ImageSpec, Trouble};
use tests::mirror::{MirrorProcess, Node, Upstream};
use tests::outside::until;
use tokio::time::timeout;

use super::{HUB, KIB, repository};

const LAYER_BYTES: usize = 800 * KIB;
/// Two seconds for the layer.
const BYTES_PER_S: u64 = 400 * KIB as u64;
/// Less than the layer, so that its body breaks long after the token has ended.
const CUT_AFTER_BYTES: u64 = 300 * KIB as u64;
const PULLED_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_token_that_ends_in_mid_fill_costs_another_and_no_byte() {
    let hub = FakeHub::start(HubOptions { auth: HubAuth::Token, ..HubOptions::default() }).await.unwrap();
    let image = FakeImage::new(&ImageSpec::new(1, &[LAYER_BYTES]));
    hub.add(&repository(0), "1", &image);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    hub.set_bandwidth(Some(BYTES_PER_S));
    hub.trouble(Trouble::Cut { after_bytes: CUT_AFTER_BYTES });
    let node = Node::new(&mirror.url(), HUB, &Upstream::None).unwrap();

    let repository = repository(0);
    let pull = async { timeout(PULLED_WITHIN, node.pull(&repository, "1")).await.expect("it ends") };
    let revoke = async {
        let comes = || hub.counts().blob_bytes > image.blobs[0].1.len() as u64;
        until("the layer comes", PULLED_WITHIN, async || Ok(comes().then_some(()))).await.unwrap();
        let (counts, asked) = (hub.counts(), hub.requests().len());
        hub.revoke_tokens();
        (counts, asked)
    };
    let (digest, (before, asked)) = tokio::join!(pull, revoke);

    assert_eq!(digest.unwrap(), image.root.digest);
    assert!(before.blob_bytes < CUT_AFTER_BYTES, "the token ended while the first body came: {before:?}");
    let (layer, _) = image.blobs.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let after = &hub.requests()[asked..];
    let token = after.iter().position(|request| request == "GET /token").expect("a fresh token");
    let resumed = after[token..].iter().any(|request| request.ends_with(&format!("blobs/{layer}")));
    assert!(resumed, "the layer goes on with it: {after:?}");
    assert!(before.tokens >= 1 && hub.counts().tokens > before.tokens, "{:?}", hub.counts());
    let counts = &node.counts;
    assert_eq!(counts.bytes.load(Ordering::Relaxed), image.blob_bytes(), "the node got every byte, once");
    let noticed = [&counts.server_errors, &counts.resumed, &counts.limited, &counts.wrong];
    assert!(noticed.iter().all(|count| count.load(Ordering::Relaxed) == 0), "{counts:?}");
}
