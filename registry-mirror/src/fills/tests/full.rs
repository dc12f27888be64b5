use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::*;
use crate::place::Removed;

/// Removes whole blobs, any.
#[derive(Debug, Default)]
struct EvictAny {
    folder: OnceLock<Folder>,
    /// What it says of pins; it removes what it can all the same.
    pinned_bytes: AtomicU64,
}

#[async_trait]
impl Evict for EvictAny {
    async fn free(&self, bytes: u64) -> u64 {
        let folder = self.folder.get().unwrap();
        let mut freed = 0;
        for entry in folder.list() {
            if freed >= bytes {
                break;
            }
            if let Ok(Removed::Freed(size)) = folder.remove(&entry.digest) {
                freed += size;
            }
        }
        freed
    }

    async fn pinned_bytes(&self) -> u64 {
        self.pinned_bytes.load(SeqCst)
    }
}

fn tight(budget: usize) -> Limits {
    Limits { disk_budget_bytes: budget as u64, headroom_bytes: 0, ..Limits::default() }
}

fn evicting(limits: Limits, disk: Arc<dyn Disk>) -> World {
    evicting_but(0, limits, disk)
}

fn evicting_but(pinned: usize, limits: Limits, disk: Arc<dyn Disk>) -> World {
    let evict = Arc::new(EvictAny::default());
    evict.pinned_bytes.store(pinned as u64, SeqCst);
    let world = World::with(limits, evict.clone(), disk);
    evict.folder.set(world.folder.clone()).unwrap();
    world
}

async fn pull(world: &World, content: &Content) -> Result<Vec<u8>, Fault> {
    world.read(content, &origins(&[&Scripted::new("hub", content, [])])).await
}

#[tokio::test]
async fn more_blobs_than_fit_take_turns_and_the_budget_holds() {
    let world = evicting(tight(3 * MIB), quick_disk());
    for seed in 0..9 {
        let content = Content::new(seed, MIB);
        assert_eq!(pull(&world, &content).await, Ok(content.bytes.to_vec()));
        assert!(world.folder.usage().total_bytes() <= 3 * MIB as u64);
        world.quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_blob_with_readers_stays_and_the_next_waits_for_it() {
    let world = evicting(tight(MIB), quick_disk());
    let (first, second) = (Content::new(1, MIB), Content::new(2, MIB));
    pull(&world, &first).await.unwrap();
    world.quiet().await;
    let mut reader = world.fills.stored(&first.digest).await.unwrap();
    let hub = Scripted::new("hub", &second, []);
    let mut waiting = world.fills.blob(&second.digest, &origins(&[&hub])).await.unwrap();
    assert_eq!(waiting.size(), MIB as u64, "headers at once");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(read_from(&mut reader, 0).await, Ok(first.bytes.to_vec()));
    drop(reader);
    assert_eq!(read_from(&mut waiting, 0).await, Ok(second.bytes.to_vec()));
    assert_eq!(world.folder.size(&first.digest), None);
}

/// What somebody hears before the headers who asks for a blob.
async fn refused(world: &World, content: &Content) -> Fault {
    let hub = Scripted::new("hub", content, []);
    world.fills.blob(&content.digest, &origins(&[&hub])).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_can_never_fit_is_said_before_the_headers_and_the_upstream_is_asked_once() {
    let world = evicting_but(MIB, tight(2 * MIB), quick_disk());
    let began = Instant::now();
    for (seed, size) in [(3, 2 * MIB + 1), (4, MIB + 1)] {
        let content = Content::new(seed, size);
        pull(&world, &Content::new(seed * 10, MIB)).await.unwrap();
        world.quiet().await;
        let hub = Scripted::new("hub", &content, []);
        for _ in 0..5 {
            let fault = world.fills.blob(&content.digest, &origins(&[&hub])).await.unwrap_err();
            assert!(matches!(fault, Fault::NoRoom { for_good: true, .. }), "{fault:?}");
            world.quiet().await;
        }
        assert_eq!(hub.asked(), 1, "its size is known then");
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let fits = Content::new(5, MIB);
    assert_eq!(pull(&world, &fits).await, Ok(fits.bytes.to_vec()));
}

#[tokio::test(start_paused = true)]
async fn who_waited_in_vain_is_the_last_to_be_kept_waiting() {
    let world = evicting(tight(MIB), quick_disk());
    let (held, next) = (Content::new(4, MIB), Content::new(5, MIB));
    pull(&world, &held).await.unwrap();
    world.quiet().await;
    let reader = world.fills.stored(&held.digest).await.unwrap();
    let began = Instant::now();
    let cut = pull(&world, &next).await;
    assert!(matches!(cut, Err(Fault::NoRoom { for_good: false, .. })), "{cut:?}");
    assert!(began.elapsed() < Duration::from_secs(300), "inside containerd's timer");
    // Its node comes back for the bytes, and must not be given headers again.
    let again = Instant::now();
    assert!(matches!(refused(&world, &next).await, Fault::NoRoom { .. }));
    assert!(matches!(refused(&world, &Content::new(6, MIB)).await, Fault::NoRoom { .. }), "nor others");
    assert!(again.elapsed() < Duration::from_secs(1), "{:?}", again.elapsed());
    drop(reader);
    assert_eq!(pull(&world, &next).await, Ok(next.bytes.to_vec()), "until there is room");
}

#[tokio::test]
async fn a_disk_that_is_full_in_mid_fill_makes_room_and_goes_on() {
    let disk = Arc::new(CrashDisk::new(Plan::full_after(MIB as u64 + MIB as u64 / 2)));
    let world = evicting(Limits::default(), disk.clone());
    let old = Content::new(6, MIB);
    pull(&world, &old).await.unwrap();
    world.quiet().await;
    let next = Content::new(7, MIB);
    assert_eq!(pull(&world, &next).await, Ok(next.bytes.to_vec()));
    world.quiet().await;
    assert_eq!((world.folder.size(&old.digest), world.folder.size(&next.digest)), (None, Some(MIB as u64)));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_before_the_first_byte_makes_room_or_is_given_up_in_time() {
    let plan = Plan { allocates: true, ..Plan::full_after(MIB as u64) };
    let world = evicting(Limits::default(), Arc::new(CrashDisk::new(plan)));
    let (old, next) = (Content::new(21, MIB), Content::new(22, MIB));
    pull(&world, &old).await.unwrap();
    world.quiet().await;
    let reader = world.fills.stored(&old.digest).await.unwrap();
    let began = Instant::now();
    assert!(matches!(pull(&world, &next).await, Err(Fault::Local { .. })));
    assert!(began.elapsed() < Duration::from_secs(300), "inside containerd's timer");
    drop(reader);
    assert_eq!(pull(&world, &next).await, Ok(next.bytes.to_vec()));
    world.quiet().await;
    assert_eq!(world.folder.usage().total_bytes(), MIB as u64);
}

#[tokio::test]
async fn a_disk_that_stays_full_fails_one_fill_and_leaves_the_others() {
    let disk = Arc::new(CrashDisk::new(Plan::full_after(MIB as u64)));
    let world = World::with(Limits::default(), Arc::new(KeepAll), disk);
    let (small, large) = (Content::new(8, MIB / 2), Content::new(9, MIB));
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let slow = Scripted::always("slow", &small, [], Act::Gate(Arc::clone(&gate)));
    let mut going_on = world.fills.blob(&small.digest, &origins(&[&slow])).await.unwrap();
    // The rest of the disk goes to somebody else.
    let other = Content::new(10, MIB / 4);
    pull(&world, &other).await.unwrap();
    let failed = pull(&world, &large).await;
    assert!(matches!(failed, Err(Fault::Local { .. })), "{failed:?}");
    gate.add_permits(1);
    assert_eq!(read_from(&mut going_on, 0).await, Ok(small.bytes.to_vec()));
    world.quiet().await;
    assert_eq!(world.folder.usage().partial_bytes, 0, "the part of the failed one is gone");
}

#[tokio::test(start_paused = true)]
async fn while_the_line_is_busy_others_get_headers_and_their_turn() {
    let limits = Limits { flight_max_bytes: MIB as u64, ..Limits::default() };
    let world = World::with(limits, Arc::new(KeepAll), quick_disk());
    let (first, second) = (Content::new(11, MIB), Content::new(12, MIB));
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let slow = Scripted::always("slow", &first, [], Act::Gate(Arc::clone(&gate)));
    let hub = Scripted::new("hub", &second, []);
    let mut leading = world.fills.blob(&first.digest, &origins(&[&slow])).await.unwrap();
    while world.fills.bounds().flight.load().fills == 0 {
        tokio::task::yield_now().await;
    }
    let mut waiting = world.fills.blob(&second.digest, &origins(&[&hub])).await.unwrap();
    assert_eq!(
        (waiting.size(), hub.asked(), hub.sized.load(std::sync::atomic::Ordering::SeqCst)),
        (MIB as u64, 0, 1)
    );
    gate.add_permits(64);
    assert_eq!(read_from(&mut leading, 0).await, Ok(first.bytes.to_vec()));
    assert_eq!(read_from(&mut waiting, 0).await, Ok(second.bytes.to_vec()));
    world.quiet().await;
    assert_eq!(world.fills.bounds().flight.load(), crate::bounds::Load::default());
}
