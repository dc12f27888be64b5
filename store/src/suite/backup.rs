//! Backup and restore.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use domain::time::Clock as _;

use super::bench::{Bench, open};
use crate::{Error, backup};

const CLOSED_WITHIN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(10);

super::scenarios!(a_backup_is_whole_and_a_restored_store_is_known_as_one);

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

async fn a_backup_is_whole_and_a_restored_store_is_known_as_one(bench: Bench) {
    let folder = tempfile::tempdir().unwrap();
    let (copy, target) = (folder.path().join("copy.db"), folder.path().join("new.db"));
    let url = format!("sqlite:{}", target.display());
    let created = bench.create("school", "s1").await;
    if matches!(bench.store.database(), crate::sql::Database::Postgres(_)) {
        let refused = backup::backup(&bench.store, &copy).await;
        assert!(matches!(refused, Err(Error::Refused { field: "store", .. })));
        return;
    }
    let position = bench
        .store
        .log()
        .after(&crate::Position { number: 0, ..bench.store.log().head().await.unwrap() }, 9)
        .await
        .unwrap()[1]
        .position
        .clone();
    backup::backup(&bench.store, &copy).await.unwrap();
    assert_eq!(mode(&copy), 0o600);
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(backup::backup(&bench.store, &copy).await, Err(Error::Refused { field: "path", .. })));
    bench.create("school", "s2").await;
    backup::restore(&copy, &url).await.unwrap();
    assert_eq!(mode(&target), 0o600, "whatever became of the copy");
    let restored = open(&url, &bench.clock).await;
    assert_eq!(restored.sandboxes().live().await.unwrap(), [created]);
    assert_ne!(restored.epoch(), bench.store.epoch());
    assert!(!restored.region().epochs().await.unwrap().accepted);
    assert_eq!(restored.log().after(&position, 9).await, Err(Error::PositionGone));
    assert!(matches!(backup::restore(&copy, &url).await, Err(Error::Refused { field: "url", .. })));
    std::fs::write(&copy, format!("no database {}", bench.clock.now())).unwrap();
    let other = format!("sqlite:{}", folder.path().join("other.db").display());
    assert!(matches!(backup::restore(&copy, &other).await, Err(Error::Refused { field: "from", .. })));
    restored.close().await;
    // The last connection closes on a thread of its own, and takes its files along.
    let begun = std::time::Instant::now();
    while files(folder.path()) != ["copy.db", "new.db"] {
        assert!(begun.elapsed() < CLOSED_WITHIN, "something half-made stays: {:?}", files(folder.path()));
        tokio::time::sleep(LOOK).await;
    }
}

fn files(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}
