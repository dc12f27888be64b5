use std::time::Duration;

use super::*;
use crate::mirror::tests::World;
use crate::testing::{FakeImage, ImageSpec, Trouble};

fn wish(images: &[&str]) -> Wish {
    let images = images.iter().map(|image| image.parse().unwrap()).collect();
    Wish { images, platforms: Vec::new(), pin_until_ms: None }
}

/// Runs a warmer until the job has ended.
async fn ended(world: &World, wish: Wish) -> Job {
    let warmer = Arc::new(Warmer::new(world.mirror.clone(), world.catalog.clone(), world.clock.clone()));
    let tasks = runtime::Tasks::new(Duration::ZERO);
    let id = warmer.begin(wish).unwrap().id;
    let end = async {
        while !warmer.job(id).unwrap().has_ended() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        _ = warmer.clone().run(tasks.stop()) => unreachable!("nobody stops it"),
        () = end => warmer.job(id).unwrap(),
    }
}

#[tokio::test]
async fn a_warmed_image_starts_with_its_upstream_dead() {
    let world = World::open();
    let image =
        FakeImage::new(&ImageSpec::new(1, &[4096, 70_000]).platforms(&["linux/amd64", "linux/arm64"]));
    world.hub.add("library/lab", "1", &image);
    let job = ended(&world, wish(&["lab:1"])).await;
    let told = &job.images[0];
    assert_eq!((told.state, &told.error), (State::Complete, &None), "{told:?}");
    assert!(told.done_bytes == told.total_bytes && told.total_bytes > 70_000, "{told:?}");
    world.hub.trouble(Trouble::Down);
    world.pull("lab:1").await.unwrap();
    assert_eq!(world.report().iter().filter(|image| image.platforms.iter().any(|it| it.complete)).count(), 1);
}

#[tokio::test]
async fn what_cannot_be_warmed_says_why() {
    let world = World::open();
    world.hub.add(
        "library/lab",
        "1",
        &FakeImage::new(&ImageSpec::new(1, &[2048]).platforms(&["linux/arm64", "linux/s390x"])),
    );
    let job = ended(&world, wish(&["lab:1", "lab:none"])).await;
    let texts: Vec<_> = job.images.iter().map(|image| image.error.clone().unwrap()).collect();
    assert_eq!(texts[0], "the image has no platform linux/amd64");
    assert!(texts[1].contains("no such content"), "{}", texts[1]);
    assert!(job.images.iter().all(|image| image.state == State::Failed));
}

#[tokio::test]
async fn an_image_within_indexes_is_warmed_unless_they_have_no_end() {
    let world = World::open();
    for (tag, indexes) in [("deep", 3), ("endless", 40)] {
        let image = FakeImage::new(&ImageSpec::new(1, &[2048])).nested(indexes);
        world.hub.add("library/lab", tag, &image);
    }
    let job = ended(&world, wish(&["lab:deep", "lab:endless"])).await;
    assert_eq!((job.images[0].state, job.images[1].state), (State::Complete, State::Failed));
    assert!(job.images[1].error.as_ref().unwrap().contains("one within the other"));
    world.hub.trouble(Trouble::Down);
    world.pull("lab:deep").await.unwrap();
}

#[tokio::test]
async fn a_fault_that_passes_is_waited_for() {
    let world = World::open();
    world.hub.add("library/lab", "1", &FakeImage::new(&ImageSpec::new(1, &[2048])));
    world.hub.trouble_times(Trouble::ServerError, 1);
    assert_eq!(ended(&world, wish(&["lab:1"])).await.images[0].state, State::Complete);
}

#[tokio::test]
async fn a_pin_is_kept_when_the_wish_is_taken() {
    let world = World::open();
    let warmer = Warmer::new(world.mirror.clone(), world.catalog.clone(), world.clock.clone());
    warmer.begin(Wish { pin_until_ms: Some(9), ..wish(&["lab:1"]) }).unwrap();
    assert_eq!(world.catalog.pins().unwrap().len(), 1);
    assert!(warmer.unpin(&"lab:1".parse().unwrap()).unwrap());
}
