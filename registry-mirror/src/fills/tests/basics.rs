use super::scripted::limited;
use super::*;
use crate::blob::How;
use crate::place::Usage;

#[tokio::test]
async fn many_pulls_of_several_repositories_are_one_download() {
    let (world, content) = (World::new(), Content::new(1, 2 * MIB));
    let hub = Scripted::new("hub", &content, []);
    let mut readers = tokio::task::JoinSet::new();
    let mut random = Random(1);
    for number in 0..64 {
        let (fills, content) = (world.fills.clone(), content.clone());
        let origin = origin(&hub, &format!("team/app{}", number % 5));
        let from = random.below(content.bytes.len() as u64);
        readers.spawn(async move {
            let mut blob = fills.blob(&content.digest, &[origin]).await.unwrap();
            let read = read_from(&mut blob, from).await.unwrap();
            assert_eq!(read, content.bytes[usize::try_from(from).unwrap()..]);
            blob.how()
        });
    }
    let hows = readers.join_all().await;
    assert_eq!(hows.iter().filter(|how| **how == How::Lead).count(), 1);
    assert_eq!((hub.sent(), hub.asked()), (content.bytes.len() as u64, 1));
    world.quiet().await;
    let blob = world.fills.blob(&content.digest, &[]).await.unwrap();
    assert_eq!(blob.how(), How::Hit);
    assert_eq!(world.fills.counts().upstream_bytes, content.bytes.len() as u64);
}

#[tokio::test]
async fn the_size_is_known_and_bytes_flow_before_the_end() {
    let (world, content) = (World::new(), Content::new(2, MIB));
    let hub = Scripted::new("hub", &content, [Act::Stall(MIB / 2)]);
    let mut blob = world.fills.blob(&content.digest, &origins(&[&hub])).await.unwrap();
    assert_eq!(blob.size(), MIB as u64);
    blob.readable((MIB / 2) as u64 - 1).await.unwrap();
    assert_eq!(world.fills.size_if_known(&content.digest), Some(MIB as u64));
    assert_eq!(world.fills.present_bytes(&content.digest), (MIB / 2) as u64);
    assert!(world.fills.stored(&content.digest).await.is_none());
}

#[tokio::test]
async fn small_blobs_and_none_at_all() {
    for length in [0, 1, 2] {
        let (world, content) = (World::new(), Content::new(3, length));
        let hub = Scripted::new("hub", &content, []);
        assert_eq!(world.read(&content, &origins(&[&hub])).await.unwrap(), content.bytes);
        world.quiet().await;
        assert_eq!(world.folder.size(&content.digest), Some(length as u64));
    }
}

#[tokio::test]
async fn the_last_byte_waits_for_the_digest() {
    let (world, content) = (World::new(), Content::new(4, MIB));
    let wrong = Scripted::always("wrong", &content, [], Act::Flip(0));
    let mut blob = world.fills.blob(&content.digest, &origins(&[&wrong])).await.unwrap();
    let mut end = 0;
    while let Ok(next) = blob.readable(end).await {
        assert!(next < MIB as u64, "never complete");
        end = next;
    }
    world.quiet().await;
    assert_eq!(world.folder.list(), []);
    let usage = world.folder.usage();
    assert_eq!(usage, Usage { quarantine_bytes: MIB as u64, ..Usage::default() });
}

#[tokio::test]
async fn a_pull_ahead_needs_no_reader() {
    let (world, content) = (World::new(), Content::new(5, MIB));
    let hub = Scripted::new("hub", &content, [Act::Cut(10)]);
    world.fills.ahead(&content.digest, &origins(&[&hub]));
    assert_eq!(world.fills.complete(&content.digest, &origins(&[&hub])).await, Ok(MIB as u64));
    assert_eq!(world.fills.complete(&content.digest, &[]).await, Ok(MIB as u64));
    assert_eq!(world.folder.usage().sealed_bytes, MIB as u64);
    assert_eq!(hub.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_joining_pull_brings_another_origin() {
    let (world, content) = (World::new(), Content::new(6, MIB));
    let dead = Scripted::always("dead", &content, [Act::Cut(100)], Act::Refuse(limited(Some(HOUR))));
    let good = Scripted::new("good", &content, []);
    let mut first = world.fills.blob(&content.digest, &origins(&[&dead])).await.unwrap();
    first.readable(99).await.unwrap();
    let second = world.read(&content, &origins(&[&good])).await.unwrap();
    assert_eq!(second, content.bytes);
    assert_eq!(read_from(&mut first, 0).await.unwrap(), content.bytes);
    assert_eq!(good.sent(), (MIB - 100) as u64);
}

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

#[tokio::test]
async fn the_end_of_the_process_keeps_what_was_done() {
    let (world, content) = (World::new(), Content::new(7, MIB));
    let hub = Scripted::new("hub", &content, [Act::Stall(MIB / 2)]);
    let World { fills, folder, _root } = world;
    let mut blob = fills.blob(&content.digest, &origins(&[&hub])).await.unwrap();
    blob.readable((MIB / 2) as u64 - 1).await.unwrap();
    drop(fills);
    assert!(blob.readable(MIB as u64 - 1).await.is_err(), "readers hear of it");
    drop(blob);
    let place: Arc<dyn Place> = Arc::new(folder.clone());
    let fills = Fills::new(Arc::clone(&place), Bounds::new(Limits::default(), place, Arc::new(KeepAll)));
    assert_eq!(fills.complete(&content.digest, &origins(&[&hub])).await, Ok(MIB as u64));
    assert_eq!(hub.sent(), MIB as u64);
}
