//! An upstream whose blobs are wrong for a while: no node ever completes them, and all have the right ones once it is
//! mended.

use std::sync::atomic::Ordering;

use registry_mirror::testing::Trouble;
use registry_mirror::testing::hub::{FakeHub, HubOptions};
use tests::mirror::{MirrorProcess, Node, Upstream};

use super::{HUB, KIB, fill, repository};

#[tokio::test]
async fn wrong_blobs_are_never_complete_at_a_node() {
    let troubles = [Trouble::WrongDigest, Trouble::TooShort, Trouble::TruncatedGzip];
    let hub = FakeHub::start(HubOptions::default()).await.unwrap();
    let images = fill(&hub, troubles.len() as u64, &[300 * KIB, 20 * KIB]);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    for (at, trouble) in troubles.into_iter().enumerate() {
        let node = Node::new(&mirror.url(), HUB, &Upstream::None).unwrap();
        hub.trouble(trouble.clone());
        let pulled = node.pull(&repository(at), "1").await;
        assert!(pulled.is_err(), "{trouble:?}: {pulled:?}");
        assert_eq!(
            node.counts.wrong.load(Ordering::Relaxed),
            0,
            "{trouble:?}: the end of a blob is held back"
        );
        // A beginning that it has from then may be wrong: the node finds that out, and pulls again.
        hub.heal();
        let digest = node.pull_until_there(&repository(at), "1", 20).await;
        assert_eq!(digest.unwrap(), images[at].root.digest, "{trouble:?}");
    }
    assert!(mirror.verify().await.unwrap().wrong.is_empty());
}
