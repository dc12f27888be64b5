//! Real clients pull through the mirror by the configuration that it writes for them: cold, warm, and with the
//! upstream stopped.

use registry_mirror::testing::hub::{FakeHub, HubAuth, HubOptions};
use registry_mirror::testing::{FakeImage, ImageSpec, Trouble};
use tests::mirror::{Client, Clients, Image, MirrorProcess};

use super::{HUB, KIB, repository};

const LAYERS_BYTES: [usize; 3] = [900 * KIB, 300 * KIB, 20 * KIB];

#[tokio::test]
async fn real_clients_pull_cold_warm_and_with_the_upstream_stopped() {
    let options = HubOptions { auth: HubAuth::Token, redirects: true, ..HubOptions::default() };
    let hub = FakeHub::start(options).await.unwrap();
    let images = images(&hub);
    // A tag is asked for again each time, so that a stopped upstream is noticed.
    let settings = |config: &mut registry_mirror::Config| config.tag_ttl_s = 0;
    let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &settings).await.unwrap();
    let clients =
        Clients::start(&mirror.address().to_string(), vec![HUB.parse().unwrap()], None).await.unwrap();

    let turn = async |name: &str, shift: usize| {
        for (at, client) in Client::ALL.into_iter().enumerate() {
            let at = (at + shift) % images.len();
            let (repository, digest) = (&repository(at), &images[at].root.digest);
            let image = Image { registry: HUB, repository, tag: "1", digest };
            let pulled = clients.pull(client, &image, name).await;
            pulled.unwrap_or_else(|error| panic!("{client:?} {name}: {error:#}\n{}", mirror.log()));
        }
    };
    turn("cold", 0).await;
    let cold = hub.counts().blob_bytes;
    turn("warm", 1).await;
    assert_eq!(hub.counts().blob_bytes, cold, "nothing is fetched twice");
    hub.trouble(Trouble::Down);
    turn("stopped", 2).await;
    clients.stop().await.unwrap();
}

/// One image for each client; every other one is for two platforms.
fn images(hub: &FakeHub) -> Vec<FakeImage> {
    let platforms =
        |seed| if seed % 2 == 0 { vec!["linux/amd64"] } else { vec!["linux/amd64", "linux/arm64"] };
    let spec = |seed| ImageSpec::new(seed, &LAYERS_BYTES).platforms(&platforms(seed));
    let images: Vec<_> = (0..Client::ALL.len() as u64).map(|seed| FakeImage::new(&spec(seed))).collect();
    for (at, image) in images.iter().enumerate() {
        hub.add(&repository(at), "1", image);
    }
    images
}
