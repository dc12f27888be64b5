use std::sync::Arc;

use super::*;
use crate::place::crash::{CrashDisk, Plan};

const SIZE: usize = 4000;

/// What a process does until it dies: fills, removes, puts aside, begins and leaves.
fn live(place: &dyn Place) -> Result<(), Error> {
    let blobs: Vec<_> = (0..4).map(|seed| bytes(seed, SIZE)).collect();
    put(place, &blobs[0].0, &blobs[0].1)?;
    put(place, &blobs[1].0, &blobs[1].1)?;
    place.remove(&blobs[0].0)?;
    let mut left = place.begin(&blobs[2].0, SIZE as u64)?;
    left.reserve()?;
    left.append(&blobs[2].1[..SIZE / 2])?;
    drop(left);
    let mut wrong = place.begin(&blobs[3].0, SIZE as u64)?;
    wrong.append(&blobs[0].1)?;
    wrong.quarantine()?;
    put(place, &blobs[3].0, &blobs[3].1)?;
    place.quarantine(&blobs[3].0)?;
    put(place, &blobs[2].0, &blobs[2].1)?;
    put(place, &blobs[0].0, &blobs[0].1)
}

/// Everything that must be true of a folder after any crash.
fn is_in_order(root: &Path) {
    let (folder, recovery) = Folder::open_on(Arc::new(CrashDisk::new(Plan::default())), root).unwrap();
    assert_eq!(recovery.foreign, 0);
    for entry in folder.list() {
        let read = read(&folder, &entry.digest).unwrap();
        assert!(entry.digest.fits(&read), "what is sealed is right");
    }
    let usage = folder.usage();
    assert!(taken(root) <= usage.total_bytes(), "nothing takes space that nobody counts");
    let parts = taken(&root.join("partial"));
    assert_eq!(taken(root), usage.sealed_bytes + usage.quarantine_bytes + parts);
    folder.drop_unfinished(u64::MAX);
    for seed in 0..4 {
        let (digest, content) = bytes(seed, SIZE);
        put(&folder, &digest, &content).unwrap();
        assert_eq!(read(&folder, &digest).unwrap(), content);
    }
}

/// Lives on a disk that dies after `steps`; returns whether it lived to the end.
fn lives(root: &Path, steps: u64) -> (Arc<CrashDisk>, bool) {
    let disk = Arc::new(CrashDisk::new(Plan::dies_after(steps)));
    let lived = Folder::open_on(disk.clone(), root).and_then(|(folder, _)| live(&folder)).is_ok();
    (disk, lived)
}

#[test]
fn a_kill_at_any_step_leaves_only_what_is_right_and_counted() {
    for steps in 0.. {
        let root = tempfile::tempdir().unwrap();
        let (_, lived) = lives(root.path(), steps);
        is_in_order(root.path());
        if lived {
            assert!(steps > 40, "the life has that many steps");
            return;
        }
    }
}

#[test]
fn a_power_cut_at_any_step_leaves_no_sealed_blob_that_is_wrong() {
    for steps in 0.. {
        let mut lived_once = false;
        for seed in 0..4_u64 {
            let root = tempfile::tempdir().unwrap();
            let (disk, lived) = lives(root.path(), steps);
            let mut state = seed.wrapping_mul(0x9e37_79b9).wrapping_add(steps);
            let cut = disk.cut_power(root.path(), || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state >> 33
            });
            cut.unwrap();
            is_in_order(root.path());
            lived_once |= lived;
        }
        if lived_once {
            return;
        }
    }
}

#[test]
fn a_kill_during_recovery_is_recovered_from() {
    let root = tempfile::tempdir().unwrap();
    for name in [
        "trash/1",
        "trash/2",
        "partial/sha256-0000000000000000000000000000000000000000000000000000000000000000.1",
    ] {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "text").unwrap();
    }
    for steps in 0.. {
        let disk = Arc::new(CrashDisk::new(Plan::dies_after(steps)));
        if Folder::open_on(disk, root.path()).is_ok() {
            break;
        }
    }
    is_in_order(root.path());
}
