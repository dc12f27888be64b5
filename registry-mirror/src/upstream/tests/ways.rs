//! How an upstream is reached.

use super::*;

#[tokio::test]
async fn a_prefix_and_a_path_are_put_before_the_repository() {
    let world = World::with(HubOptions { auth: HubAuth::Token, ..HubOptions::default() }, |config| {
        config.repository_prefix = "proxy/docker".to_owned();
    })
    .await;
    world.hub.add("proxy/docker/library/app", "1", &small_image());
    world.source.head(&repository("library/app"), &tag("1")).await.unwrap();
    let below = World::with(HubOptions::default(), |config| config.url.push_str("/registry/")).await;
    let _ = below.source.head(&repository("a"), &tag("1")).await;
    assert_eq!(below.hub.requests(), ["HEAD /registry/v2/a/manifests/1"]);
}

#[tokio::test]
async fn a_proxy_is_asked_instead_of_the_upstream() {
    let proxy = FakeHub::start(HubOptions::default()).await.unwrap();
    proxy.add("library/app", "1", &small_image());
    let world = World::with(HubOptions::default(), |config| {
        config.proxy_url = Some(proxy.url());
        config.url = "http://no-such-host.invalid".to_owned();
    })
    .await;
    world.source.head(&repository("library/app"), &tag("1")).await.unwrap();
}

#[tokio::test]
async fn blobs_take_turns_and_never_hold_up_a_manifest() {
    let world = World::with(HubOptions::default(), |config| config.connections_max = 1).await;
    let image = small_image();
    world.hub.add("library/app", "1", &image);
    let app = repository("library/app");
    let first = world.source.blob(&app, &image.blobs[1].0, 0).await.unwrap();
    let one = tag("1");
    tokio::select! {
        _ = world.source.blob(&app, &image.blobs[1].0, 0) => panic!("two blobs at once"),
        manifest = world.source.manifest(&app, &one) => assert!(manifest.is_ok()),
    }
    drop(first);
    world.source.blob(&app, &image.blobs[1].0, 0).await.unwrap();
}

#[tokio::test]
async fn other_registries_of_the_same_account_share_its_budget() {
    let hub = FakeHub::start(HubOptions { pulls: Some(1), ..HubOptions::default() }).await.unwrap();
    let configs = [hub.upstream("one", "docker.io"), hub.upstream("two", "ghcr.io")];
    let clock: SharedClock = Arc::new(ManualClock::default());
    let sources = Sources::new(&configs, &clock).unwrap();
    hub.add("library/app", "1", &small_image());
    let source = |registry: &str| {
        let name = crate::name::ImageName::new(registry.parse().unwrap(), repository("library/app"));
        Arc::clone(&sources.of(&name).unwrap()[0])
    };
    source("docker.io").manifest(&repository("library/app"), &tag("1")).await.unwrap();
    let fault = source("ghcr.io").manifest(&repository("library/app"), &tag("1")).await.unwrap_err();
    assert!(matches!(fault, Fault::Limited { .. }), "{fault:?}");
    assert_eq!(hub.counts().refused_pulls, 0);
}
