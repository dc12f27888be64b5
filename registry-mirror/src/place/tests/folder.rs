use super::*;

fn open() -> (tempfile::TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let (folder, recovery) = Folder::open(root.path()).unwrap();
    assert_eq!(recovery, Recovery::default());
    (root, folder)
}

#[test]
fn what_is_sealed_is_there_also_after_a_restart() {
    let (root, folder) = open();
    let (digest, content) = bytes(1, 10_000);
    put(&folder, &digest, &content).unwrap();
    for _ in 0..2 {
        assert_eq!(put(&folder, &digest, &content).map(|()| taken(root.path())).unwrap(), 10_000);
        assert_eq!(read(&folder, &digest).unwrap(), content);
    }
    assert_eq!(folder.usage(), Usage { sealed_bytes: 10_000, ..Usage::default() });
    drop(folder);
    let (folder, recovery) = Folder::open(root.path()).unwrap();
    assert_eq!(recovery, Recovery { sealed: 1, ..Recovery::default() });
    assert_eq!(folder.list(), [Entry { digest: digest.clone(), size: 10_000, in_use: false }]);
    assert_eq!(read(&folder, &digest).unwrap(), content);
}

#[test]
fn one_folder_has_one_mirror() {
    let (root, folder) = open();
    let error = Folder::open(root.path()).unwrap_err();
    assert!(
        matches!(error, Error::Locked { .. }) && error.to_string().contains("folder of its own"),
        "{error}"
    );
    drop(folder);
    Folder::open(root.path()).unwrap();
}

#[test]
fn a_blob_with_readers_is_not_removed() {
    let (_root, folder) = open();
    let (digest, content) = bytes(2, 100);
    assert_eq!(folder.remove(&digest).unwrap(), Removed::Absent);
    put(&folder, &digest, &content).unwrap();
    let reader = folder.open(&digest).unwrap().unwrap();
    let second = folder.open(&digest).unwrap().unwrap();
    drop(reader);
    assert!(folder.list()[0].in_use);
    assert_eq!(folder.remove(&digest).unwrap(), Removed::InUse);
    drop(second);
    assert_eq!(folder.remove(&digest).unwrap(), Removed::Freed(100));
    assert_eq!((folder.usage(), folder.open(&digest).unwrap().is_none()), (Usage::default(), true));
}

#[test]
fn a_part_is_continued_and_counts_in_full() {
    let (root, folder) = open();
    let (digest, content) = bytes(3, 5000);
    let mut partial = folder.begin(&digest, 5000).unwrap();
    assert!(matches!(folder.begin(&digest, 5000), Err(Error::Filling)));
    partial.reserve().unwrap();
    partial.append(&content[..3000]).unwrap();
    assert_eq!((folder.usage().partial_bytes, folder.unfinished(&digest)), (5000, None));
    drop(partial);
    drop(folder);
    let (folder, recovery) = Folder::open(root.path()).unwrap();
    assert_eq!(recovery, Recovery { continued: 1, ..Recovery::default() });
    assert_eq!((folder.usage().partial_bytes, folder.unfinished(&digest)), (5000, Some(5000)));
    assert_eq!(folder.begin(&digest, 5000).unwrap().written(), 3000);
    put(&folder, &digest, &content).unwrap();
    assert_eq!(read(&folder, &digest).unwrap(), content);
    assert_eq!(folder.usage().partial_bytes, 0);
}

#[test]
fn a_part_of_another_size_is_begun_anew_and_an_empty_one_leaves_nothing() {
    let (root, folder) = open();
    let (digest, content) = bytes(4, 5000);
    folder.begin(&digest, 7000).unwrap().append(&content).unwrap();
    let fresh = folder.begin(&digest, 5000).unwrap();
    assert_eq!(fresh.written(), 0);
    drop(fresh);
    assert_eq!((taken(root.path()), folder.usage(), folder.unfinished(&digest)), (0, Usage::default(), None));
}

#[test]
fn space_is_made_from_parts_that_nobody_continues_oldest_first() {
    let (root, folder) = open();
    let parts: Vec<_> = (0..3).map(|seed| bytes(seed, 1000)).collect();
    for (digest, content) in &parts {
        let mut partial = folder.begin(digest, 1000).unwrap();
        partial.reserve().unwrap();
        partial.append(&content[..600]).unwrap();
    }
    let running = folder.begin(&parts[0].0, 1000).unwrap();
    assert_eq!(folder.drop_unfinished(1), 1000);
    assert_eq!((folder.unfinished(&parts[1].0), folder.unfinished(&parts[2].0)), (None, Some(1000)));
    assert_eq!(folder.drop_unfinished(u64::MAX), 1000);
    assert_eq!(running.written(), 600);
    assert_eq!(taken(root.path()), 600);
}

#[test]
fn wrong_bytes_are_kept_aside_within_a_bound() {
    let (root, folder) = open();
    let (digest, content) = bytes(5, 100);
    put(&folder, &digest, &content).unwrap();
    let reader = folder.open(&digest).unwrap().unwrap();
    folder.quarantine(&digest).unwrap();
    assert!(folder.open(&digest).unwrap().is_none(), "out of service, though somebody reads it");
    drop(reader);
    let mut partial = folder.begin(&digest, 100).unwrap();
    partial.append(&content[..50]).unwrap();
    partial.quarantine().unwrap();
    assert_eq!(folder.usage(), Usage { quarantine_bytes: 150, ..Usage::default() });
    drop(folder);
    let large = format!("sha256-{}", Digest::of(Algorithm::Sha256, b"large").hex());
    let path = root.path().join(format!("partial/{large}.{QUARANTINE_MAX_BYTES}"));
    std::fs::File::create(path).unwrap().set_len(QUARANTINE_MAX_BYTES).unwrap();
    let (folder, _) = Folder::open(root.path()).unwrap();
    assert_eq!(folder.usage().quarantine_bytes, 150);
    let large = large.replacen('-', ":", 1).parse().unwrap();
    folder.begin(&large, QUARANTINE_MAX_BYTES).unwrap().quarantine().unwrap();
    assert_eq!(folder.usage().quarantine_bytes, QUARANTINE_MAX_BYTES);
}

#[test]
fn a_file_that_somebody_removed_or_cut_is_not_served() {
    let (root, folder) = open();
    let (gone, short) = (bytes(7, 100), bytes(8, 100));
    for (digest, content) in [&gone, &short] {
        put(&folder, digest, content).unwrap();
    }
    let path = |digest: &Digest| root.path().join("blobs/sha256").join(&digest.hex()[..2]).join(digest.hex());
    std::fs::remove_file(path(&gone.0)).unwrap();
    std::fs::File::options().write(true).open(path(&short.0)).unwrap().set_len(99).unwrap();
    assert_eq!((read(&folder, &gone.0), read(&folder, &short.0)), (None, None));
    assert_eq!(folder.usage().sealed_bytes, 0);
}

#[test]
fn what_is_not_ours_is_left_alone_and_what_is_of_no_use_goes() {
    let (root, folder) = open();
    let (digest, content) = bytes(9, 100);
    put(&folder, &digest, &content).unwrap();
    drop(folder);
    let name = |size: &str| format!("partial/sha256-{}.{size}", digest.hex());
    let strangers = ["blobs/README", "partial/notes.txt", "quarantine/x"];
    for (name, text) in strangers.iter().map(|name| (*name, "mine")).chain([
        (&*name("100"), "a part of what is sealed"),
        (&*name("3"), "too long"),
        ("trash/7", "removed"),
    ]) {
        std::fs::write(root.path().join(name), text).unwrap();
    }
    let (_folder, recovery) = Folder::open(root.path()).unwrap();
    assert_eq!(recovery, Recovery { sealed: 1, continued: 0, dropped: 3, foreign: 2 });
    assert!(strangers.iter().all(|name| root.path().join(name).exists()));
}
