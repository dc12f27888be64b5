//! Docker Hub with ten pulls left, a class of a hundred nodes, and eight images at once.

use futures_util::future::try_join_all;
use registry_mirror::api::ImageReport;
use registry_mirror::testing::hub::{FakeHub, HubAuth, HubOptions};
use registry_mirror::testing::{FakeImage, ImageSpec};
use tests::mirror::{MirrorProcess, Node, Upstream};

use super::{HUB, KIB, fill, nodes, repository, sum};

const NODES: usize = 100;
const IMAGES: usize = 8;
const PULLS_LEFT: u64 = 10;

#[tokio::test]
async fn a_class_is_served_with_ten_pulls_left() {
    let options = HubOptions {
        auth: HubAuth::Token,
        redirects: true,
        pulls: Some(PULLS_LEFT),
        ..HubOptions::default()
    };
    let hub = FakeHub::start(options).await.unwrap();
    let images = fill(&hub, IMAGES as u64, &[512 * KIB, 256 * KIB, 64 * KIB]);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    let nodes = nodes(NODES, &mirror.url(), &Upstream::Url(hub.url()));

    let pulls = nodes.iter().flat_map(|node| (0..IMAGES).map(move |at| pull(node, at)));
    let digests = try_join_all(pulls).await.unwrap();

    for (at, digest) in digests.iter().enumerate() {
        assert_eq!(*digest, images[at % IMAGES].root.digest);
    }
    let counts = hub.counts();
    assert_eq!(
        (counts.manifest_gets, counts.refused_pulls, counts.leaks),
        (IMAGES as u64, 0, 0),
        "{counts:?}"
    );
    assert_eq!(counts.blob_bytes, images.iter().map(|image| image.blob_bytes()).sum::<u64>(), "one download");
    let troubled = sum(&nodes, |node| &node.counts.fallbacks)
        + sum(&nodes, |node| &node.counts.limited)
        + sum(&nodes, |node| &node.counts.server_errors)
        + sum(&nodes, |node| &node.counts.resumed);
    assert_eq!(troubled, 0, "no node noticed anything");
    let status = mirror.status().await.unwrap();
    assert_eq!(status.upstreams[0].remaining, PULLS_LEFT - IMAGES as u64);
    let whole = |image: &&ImageReport| image.platforms.iter().all(|platform| platform.complete);
    assert_eq!(status.images.iter().filter(whole).count(), IMAGES, "{status:?}");
}

async fn pull(node: &Node, at: usize) -> Result<registry_mirror::Digest, tests::mirror::PullError> {
    node.pull(&repository(at), "1").await
}

/// Docker Hub counts GETs of manifests: an image of several platforms is an index and the image of one platform, so two
/// pulls, whoever asks for it and however many. HEAD counts nothing.
#[tokio::test]
async fn an_image_of_several_platforms_costs_two_pulls_and_heads_cost_none() {
    let hub = FakeHub::start(HubOptions { pulls: Some(PULLS_LEFT), ..HubOptions::default() }).await.unwrap();
    let platforms = ["linux/amd64", "linux/arm64", "linux/riscv64"];
    let image = FakeImage::new(&ImageSpec::new(1, &[64 * KIB]).platforms(&platforms));
    hub.add(&repository(0), "1", &image);
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
    let pulls = nodes(10, &mirror.url(), &Upstream::None);
    for digest in try_join_all(pulls.iter().map(|node| pull(node, 0))).await.unwrap() {
        assert_eq!(digest, image.root.digest);
    }
    assert_eq!(hub.counts().manifest_gets, 2, "the index, and one platform");
    let heads = hub.counts().manifest_heads;
    let other = &image.manifests.last().unwrap().digest;
    let url = format!("{}/v2/{}/manifests/{other}?ns={HUB}", mirror.url(), repository(0));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.head(url).send().await.unwrap().status().is_success());
    let counts = hub.counts();
    assert_eq!((counts.manifest_gets, counts.manifest_heads), (2, heads + 1), "a platform nobody pulled");
    assert_eq!(mirror.status().await.unwrap().upstreams[0].remaining, PULLS_LEFT - 2);
}
