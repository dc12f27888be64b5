use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::*;
use crate::fills::LINGER;

#[tokio::test(start_paused = true)]
async fn a_fill_that_nobody_wants_ends_after_a_while_and_keeps_its_part() {
    let (world, content) = (World::new(), Content::new(31, MIB));
    let hub = Scripted::always("hub", &content, [Act::Stall(MIB / 8)], Act::Hang);
    let mut blob = world.fills.blob(&content.digest, &origins(&[&hub])).await.unwrap();
    blob.readable((MIB / 8) as u64 - 1).await.unwrap();
    drop(blob);
    let began = Instant::now();
    while world.fills.counts().running > 0 {
        sleep(Duration::from_secs(1)).await;
    }
    assert!(began.elapsed() <= LINGER + Duration::from_secs(6));
    assert_eq!(world.fills.counts().abandoned, 1);
    assert_eq!(world.folder.unfinished(&content.digest), Some(MIB as u64));
    let back = Scripted::new("back", &content, []);
    assert_eq!(world.read(&content, &origins(&[&back])).await, Ok(content.bytes.to_vec()));
    assert_eq!(back.sent(), (MIB - MIB / 8) as u64);
}

#[tokio::test(start_paused = true)]
async fn a_fill_goes_on_without_the_client_that_began_it() {
    let (world, content) = (World::new(), Content::new(32, MIB));
    let hub = Scripted::new("hub", &content, [Act::Stall(MIB / 2)]);
    let mut blob = world.fills.blob(&content.digest, &origins(&[&hub])).await.unwrap();
    blob.readable((MIB / 2) as u64 - 1).await.unwrap();
    drop(blob);
    while world.fills.counts().running > 0 {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(world.folder.size(&content.digest), Some(MIB as u64));
}

#[tokio::test(start_paused = true)]
async fn a_reader_keeps_a_fill_however_slow() {
    let (world, content) = (World::new(), Content::new(33, MIB));
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let hub = Scripted::always("hub", &content, [], Act::Gate(Arc::clone(&gate)));
    let mut blob = world.fills.blob(&content.digest, &origins(&[&hub])).await.unwrap();
    // Longer than a fill lingers, shorter than it may go without progress.
    sleep(LINGER * 3).await;
    assert_eq!(world.fills.counts().running, 1);
    gate.add_permits(64);
    assert_eq!(read_from(&mut blob, 0).await, Ok(content.bytes.to_vec()));
}

#[tokio::test]
async fn slow_readers_cost_nothing_and_delay_nobody() {
    let (world, content) = (World::new(), Content::new(34, MIB));
    let hub = Scripted::new("hub", &content, []);
    let mut slow = Vec::new();
    for _ in 0..1000 {
        slow.push(world.fills.blob(&content.digest, &origins(&[&hub])).await.unwrap());
    }
    assert_eq!(world.fills.complete(&content.digest, &origins(&[&hub])).await, Ok(MIB as u64));
    assert_eq!(world.fills.counts().running, 0);
    let first = slow[0].file() as *const std::fs::File;
    assert!(slow.iter().all(|blob| std::ptr::eq(blob.file(), first)), "they share one open file");
    assert_eq!(read_from(&mut slow[999], 0).await, Ok(content.bytes.to_vec()));
}
