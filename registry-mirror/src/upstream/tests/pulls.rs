//! The rate budget of an upstream, over HTTP.

use super::*;

fn images(count: u64) -> Vec<(String, FakeImage)> {
    (0..count)
        .map(|seed| (format!("library/app{seed}"), FakeImage::new(&ImageSpec::new(seed, &[1000]))))
        .collect()
}

#[tokio::test]
async fn no_pull_goes_beyond_the_budget() {
    let world = World::with(HubOptions { pulls: Some(10), ..HubOptions::default() }, |config| {
        config.budget_wait_ms = 60_000;
    })
    .await;
    let images = images(14);
    images.iter().for_each(|(name, image)| world.hub.add(name, "1", image));
    let names: Vec<Repository> = images.iter().map(|(name, _)| repository(name)).collect();
    let one = tag("1");
    let pulls = names.iter().map(|name| world.source.manifest(name, &one));
    let answers = futures_util::future::join_all(pulls).await;
    let good = answers.iter().filter(|answer| answer.is_ok()).count();
    let limited = answers.iter().filter(|answer| matches!(answer, Err(Fault::Limited { .. }))).count();
    assert_eq!((good, limited), (10, 4));
    assert_eq!(world.hub.counts().refused_pulls, 0, "the upstream had to refuse");
    let (name, budget) = world.sources.budgets().remove(0);
    assert_eq!((name.as_str(), budget.limit, budget.remaining), ("hub", 10, 0));
    assert_eq!(budget.window, Some(Duration::from_secs(21_600)));
}

#[tokio::test]
async fn head_is_free_and_tells_what_is_left() {
    let world = World::new(HubOptions { pulls: Some(1), ..HubOptions::default() }).await;
    world.hub.add("library/app", "1", &small_image());
    let app = repository("library/app");
    for _ in 0..5 {
        world.source.head(&app, &tag("1")).await.unwrap();
    }
    assert_eq!(world.sources.budgets()[0].1.remaining, 1);
    world.source.manifest(&app, &tag("1")).await.unwrap();
    let fault = world.source.manifest(&app, &tag("1")).await.unwrap_err();
    assert!(matches!(fault, Fault::Limited { retry_after: Some(_), .. }), "{fault:?}");
    world.source.blob_size(&app, &small_image().blobs[0].0).await.unwrap();
    world.hub.set_pulls_left(1);
    world.source.head(&app, &tag("1")).await.unwrap();
    world.source.manifest(&app, &tag("1")).await.unwrap();
}

#[tokio::test]
async fn a_429_without_a_budget_rests_the_manifests_only() {
    let (world, image) = World::with_image(HubOptions::default()).await;
    let app = repository("library/app");
    world.hub.trouble_times(Trouble::Limited { retry_after: Some(Duration::from_secs(60)) }, 1);
    for _ in 0..3 {
        let fault = world.source.manifest(&app, &tag("1")).await.unwrap_err();
        assert!(matches!(fault, Fault::Limited { retry_after: Some(_), .. }), "{fault:?}");
    }
    let body = world.source.blob(&app, &image.blobs[1].0, 0).await.unwrap();
    assert_eq!(drain(body).await.1, None);
    assert_eq!(world.hub.requests().iter().filter(|request| request.contains("manifests")).count(), 1);
}
