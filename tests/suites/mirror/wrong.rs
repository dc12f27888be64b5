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

/// Its own way is right all the time. What the mirror sent of the wrong blob it has to throw away once; from then on the
/// mirror sends nothing that is not verified, and the node goes elsewhere instead of coming back for more.
#[tokio::test]
async fn a_node_with_a_registry_of_its_own_has_the_right_blobs_at_the_next_pull() {
    let [hub, registry] = [HubOptions::default(), HubOptions::default()].map(FakeHub::start);
    let (hub, registry) = (hub.await.unwrap(), registry.await.unwrap());
    let images = fill(&hub, 1, &[300 * KIB, 20 * KIB]);
    fill(&registry, 1, &[300 * KIB, 20 * KIB]);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    hub.trouble(Trouble::WrongDigest);
    for pulls in [4, 1] {
        let node = Node::new(&mirror.url(), HUB, &Upstream::Url(registry.url())).unwrap();
        let digest = node.pull_until_there(&repository(0), "1", pulls).await.unwrap();
        assert_eq!(digest, images[0].root.digest);
        assert!(node.counts.fallbacks.load(Ordering::Relaxed) > 0, "{:?}", node.counts);
    }
    // Once its upstream is mended, the mirror serves them again.
    hub.heal();
    let node = Node::new(&mirror.url(), HUB, &Upstream::None).unwrap();
    assert_eq!(node.pull(&repository(0), "1").await.unwrap(), images[0].root.digest);
    assert!(mirror.verify().await.unwrap().wrong.is_empty());
}
