use std::time::Duration;

use tokio::time::Instant;

use super::scripted::{absent, denied, limited};
use super::*;
use crate::fills::{HEADERS_WITHIN, PROGRESS_WITHIN};

/// Reads through one source that behaves so at first, and returns what it sent in all.
async fn survives(acts: Vec<Act>) -> u64 {
    let (world, content) = (World::new(), Content::new(11, MIB));
    let hub = Scripted::new("hub", &content, acts);
    assert_eq!(world.read(&content, &origins(&[&hub])).await, Ok(content.bytes.to_vec()));
    hub.sent()
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_waited_for() {
    let size = MIB as u64;
    let down = Fault::Unavailable { source_name: "hub".to_owned(), reason: "500".to_owned() };
    assert_eq!(survives(vec![Act::Cut(MIB / 2)]).await, size);
    assert_eq!(survives(vec![Act::Short(MIB / 2)]).await, size);
    assert_eq!(survives(vec![Act::Stall(MIB / 3)]).await, size);
    assert_eq!(survives(vec![Act::Refuse(down.clone()); 5]).await, size);
    assert_eq!(survives(vec![Act::Hang]).await, size);
    assert_eq!(
        survives(vec![Act::Refuse(limited(None)), Act::Refuse(limited(Some(Duration::from_secs(7))))]).await,
        size
    );
    assert_eq!(survives(vec![Act::Cut(1); 64]).await, size, "cut on each try, and still it goes on");
    let between_cuts = vec![Act::Cut(MIB / 2), Act::Refuse(down), Act::Cut(MIB / 4)];
    assert_eq!(survives(between_cuts).await, size, "a cut, a 500, a cut");
}

#[tokio::test(start_paused = true)]
async fn an_ignored_range_costs_bytes_and_nothing_else() {
    assert_eq!(survives(vec![Act::Cut(MIB / 2), Act::IgnoreRange]).await, (MIB + MIB / 2) as u64);
}

#[tokio::test(start_paused = true)]
async fn the_next_origin_goes_on_where_the_first_was_cut() {
    let (world, content) = (World::new(), Content::new(12, MIB));
    for fault in [denied(), absent(), limited(Some(Duration::from_secs(9)))] {
        let content = Content::new(content.bytes.len() as u64 + u64::from(fault.is_passing()), MIB);
        let first = Scripted::always("first", &content, [Act::Cut(MIB / 4)], Act::Refuse(fault));
        let second = Scripted::new("second", &content, []);
        let read = world.read(&content, &origins(&[&first, &second])).await;
        assert_eq!(read, Ok(content.bytes.to_vec()));
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_bytes_end_those_who_had_them_and_the_next_origin_is_tried() {
    let (world, content) = (World::new(), Content::new(13, MIB));
    let wrong = Scripted::always("wrong", &content, [], Act::Flip(MIB / 2));
    let good = Scripted::new("good", &content, []);
    let mut early = world.fills.blob(&content.digest, &origins(&[&wrong, &good])).await.unwrap();
    let broken = read_from(&mut early, 0).await;
    assert!(matches!(broken, Err(Fault::Corrupt { .. })), "{broken:?}");
    assert_eq!(world.read(&content, &[]).await, Ok(content.bytes.to_vec()));
    assert_eq!((wrong.asked(), good.asked(), world.fills.counts().wrong), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_length_is_found_out() {
    let (world, content) = (World::new(), Content::new(14, MIB));
    for length in [MIB as u64 / 2, MIB as u64 * 2] {
        let content = Content::new(length, MIB);
        let wrong = Scripted::always("wrong", &content, [], Act::Length(length));
        let good = Scripted::new("good", &content, []);
        let both = origins(&[&wrong, &good]);
        while world.read(&content, &both).await != Ok(content.bytes.to_vec()) {}
        world.quiet().await;
        assert_eq!(world.folder.size(&content.digest), Some(MIB as u64));
    }
    let alone = Scripted::always("wrong", &content, [], Act::Length(5));
    let mut blob = world.fills.blob(&content.digest, &origins(&[&alone])).await.unwrap();
    assert!(matches!(read_from(&mut blob, 0).await, Err(Fault::Corrupt { .. })));
}

#[tokio::test(start_paused = true)]
async fn mixed_wrong_bytes_find_the_one_to_blame() {
    let (world, content) = (World::new(), Content::new(15, MIB));
    let wrong = Scripted::always("wrong", &content, [Act::Cut(100)], Act::Flip(0));
    let good = Scripted::always("good", &content, [Act::Cut(MIB / 2), Act::Cut(7)], Act::All);
    let both = origins(&[&wrong, &good]);
    while world.read(&content, &both).await != Ok(content.bytes.to_vec()) {}
    world.quiet().await;
    assert_eq!(world.folder.size(&content.digest), Some(MIB as u64));
}

#[tokio::test(start_paused = true)]
async fn bytes_from_another_place_are_never_used() {
    let (world, content) = (World::new(), Content::new(16, MIB));
    let wrong = Scripted::always("wrong", &content, [], Act::WrongPlace);
    let result = world.read(&content, &origins(&[&wrong])).await;
    assert!(matches!(result, Err(Fault::Corrupt { .. })), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn no_for_good_is_said_at_once() {
    let (world, content) = (World::new(), Content::new(17, MIB));
    let began = Instant::now();
    let empty = Scripted::always("empty", &content, [], Act::Refuse(absent()));
    let closed = Scripted::always("closed", &content, [], Act::Refuse(denied()));
    assert_eq!(world.read(&content, &origins(&[&empty])).await, Err(absent()));
    assert_eq!(world.read(&content, &origins(&[&empty, &closed])).await, Err(denied()));
    assert!(matches!(world.read(&content, &[]).await, Err(Fault::Unavailable { .. })));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn headers_are_given_up_in_time() {
    let (world, content) = (World::new(), Content::new(18, MIB));
    let mute = Scripted::always("mute", &content, [], Act::Hang);
    let began = Instant::now();
    let result = world.read(&content, &origins(&[&mute])).await;
    assert!(matches!(result, Err(Fault::Unavailable { .. })), "{result:?}");
    assert_eq!(began.elapsed(), HEADERS_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn a_fill_without_progress_ends_and_leaves_its_part_for_the_next() {
    let (world, content) = (World::new(), Content::new(19, MIB));
    let down = Scripted::new("down", &content, []).unavailable();
    let dying = Scripted::always("dying", &content, [Act::Cut(MIB / 2)], Act::Refuse(down));
    let began = Instant::now();
    let result = world.read(&content, &origins(&[&dying])).await;
    assert!(matches!(result, Err(Fault::Unavailable { .. })), "{result:?}");
    assert!(began.elapsed() <= PROGRESS_WITHIN + Duration::from_secs(20), "{:?}", began.elapsed());
    world.quiet().await;
    let back = Scripted::new("back", &content, []);
    assert_eq!(world.read(&content, &origins(&[&back])).await, Ok(content.bytes.to_vec()));
    assert_eq!(back.sent(), (MIB / 2) as u64);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_always_ends_at_the_same_byte_is_given_up_and_the_next_origin_ends_it() {
    let (world, content) = (World::new(), Content::new(20, MIB));
    let truncated = Scripted::always("truncated", &content, [Act::Short(MIB / 2)], Act::Short(0));
    let read = world.read(&content, &origins(&[&truncated])).await;
    assert!(matches!(read, Err(Fault::Unavailable { .. })), "{read:?}");
    let good = Scripted::new("good", &content, []);
    let read = world.read(&content, &origins(&[&truncated, &good])).await;
    assert_eq!((read, good.sent()), (Ok(content.bytes.to_vec()), (MIB / 2) as u64));
}

#[tokio::test]
async fn a_part_that_a_power_cut_spoiled_is_begun_again_and_nobody_is_blamed() {
    let (world, content) = (World::new(), Content::new(21, MIB));
    let mut part = world.folder.begin(&content.digest, MIB as u64).unwrap();
    part.reserve().unwrap();
    part.append(&vec![0; MIB / 2]).unwrap();
    drop(part);
    let hub = Scripted::new("hub", &content, []);
    let first = world.read(&content, &origins(&[&hub])).await;
    assert!(matches!(first, Err(Fault::Corrupt { .. })), "{first:?}");
    assert_eq!(world.read(&content, &[]).await, Ok(content.bytes.to_vec()));
    assert_eq!((hub.asked(), hub.sent()), (2, (MIB + MIB / 2) as u64));
}

#[tokio::test]
async fn a_fill_that_panics_is_contained() {
    let (world, content) = (World::new(), Content::new(22, MIB));
    let hub = Scripted::new("hub", &content, [Act::Panic]);
    assert!(matches!(world.read(&content, &origins(&[&hub])).await, Err(Fault::Local { .. })));
    assert_eq!(world.fills.counts().running, 0);
    assert_eq!(world.read(&content, &origins(&[&hub])).await, Ok(content.bytes.to_vec()));
}
