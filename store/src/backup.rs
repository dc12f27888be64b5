//! Backup and restore of a store on SQLite. PostgreSQL has its own tools for that, `pg_dump` and `pg_restore`.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::random::OsRandom;
use domain::time::SystemClock;

use crate::error::Error;
use crate::options::Options;
use crate::sql::{Database, args};
use crate::store::Store;

/// How long a copy may take to be closed, and how often that is looked at: the file system tells nobody.
const CLOSED_WITHIN: Duration = Duration::from_secs(10);
const CLOSED_LOOK: Duration = Duration::from_millis(20);

/// Writes a whole and consistent copy of the store into a new file, while it is in use. The file is its owner's alone.
///
/// # Errors
/// [`Error::Refused`] when the file is there already or the store is not on SQLite; [`Error::Unavailable`].
pub async fn backup(store: &Store, path: &Path) -> Result<(), Error> {
    if !matches!(store.database(), Database::Sqlite { .. }) {
        return Err(Error::refused("store", "it is on PostgreSQL; use pg_dump"));
    }
    let name = path.to_str().ok_or_else(|| Error::refused("path", "it is not UTF-8; choose another"))?;
    // SQLite takes an empty file that is there, so the copy is private from its first byte on.
    let file = private(path).map_err(|error| refused("path", path, &error))?;
    let written = store.database().all("VACUUM INTO $1", args![name]).await;
    let synced = written.and_then(|_| file.sync_all().map_err(|error| unavailable(&error)));
    if synced.is_err() {
        remove(path);
    }
    synced
}

/// Makes a new store at `url` out of a backup. It begins a new epoch: events and resources of the old store are
/// not its own, so positions of before are worth nothing and nothing is swept until an operator accepts the epoch.
///
/// # Errors
/// [`Error::Refused`] when `url` is not on SQLite, is in use, or `from` is no backup; [`Error::Unavailable`].
pub async fn restore(from: &Path, url: &str) -> Result<(), Error> {
    let path = url.strip_prefix("sqlite:").filter(|path| *path != ":memory:");
    let path = path.ok_or_else(|| {
        Error::refused("url", "a backup is restored to sqlite:PATH; for PostgreSQL use pg_restore")
    })?;
    let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
    absent("url", &path)?;
    let mut backup =
        File::open(from).map_err(|error| Error::refused("from", format!("it cannot be read: {error}")))?;
    let partial = path.with_extension("restoring");
    let copied = private(&partial).and_then(|mut copy| io::copy(&mut backup, &mut copy));
    copied.map_err(|error| refused("url", &partial, &error))?;
    let mut renewed = renew(&partial).await;
    if renewed.is_ok() && !is_closed(&partial).await {
        renewed = Err(Error::Unavailable { reason: "the copy could not be closed; try again".to_owned() });
    }
    if renewed.is_err() {
        remove(&partial);
    }
    renewed?;
    File::open(&partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&partial, &path))
        .map_err(|error| unavailable(&error))
}

/// Checks a copy, brings its schema up to date and begins its new epoch.
async fn renew(copy: &Path) -> Result<(), Error> {
    let foreign = |_| Error::refused("from", "it is no backup of a store, or it is damaged");
    let options = Options::new(format!("sqlite:{}", copy.display()));
    let database = crate::sql::connect(&options).await.map_err(foreign)?;
    let check = database
        .all("SELECT epoch FROM log_head JOIN pragma_integrity_check ON integrity_check = 'ok'", args![]);
    let whole = check.await.map(|rows| rows.len() == 1);
    database.close().await;
    if !whole.map_err(foreign)? {
        return Err(Error::refused("from", "it is damaged; take an earlier backup"));
    }
    let store = Store::open(options, Arc::new(SystemClock), Arc::new(OsRandom)).await?;
    let minted = store.region().mint_epoch().await;
    store.close().await;
    minted.map(drop)
}

/// What has not reached the database's own file, as long as somebody has it open.
fn journal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Whether everything has reached the database's own file. A pool gives its last connection back on a task of its
/// own, which a busy computer runs late.
async fn is_closed(path: &Path) -> bool {
    let deadline = tokio::time::Instant::now() + CLOSED_WITHIN;
    while journal(path).exists() {
        if tokio::time::Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(CLOSED_LOOK).await;
    }
    true
}

/// A new file that only its owner reads and writes.
fn private(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// What was refused or is half-made is of no use to anybody; that it stays behind is no second failure.
fn remove(path: &Path) {
    drop(std::fs::remove_file(path));
}

fn refused(field: &'static str, path: &Path, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::AlreadyExists => "is there already; choose another, or move it away".to_owned(),
        _ => format!("cannot be made: {error}"),
    };
    Error::refused(field, format!("{} {remedy}", path.display()))
}

fn absent(field: &'static str, path: &Path) -> Result<(), Error> {
    if path.exists() {
        Err(Error::refused(field, format!("{} is there already; choose another", path.display())))
    } else {
        Ok(())
    }
}

fn unavailable(error: &io::Error) -> Error {
    Error::Unavailable { reason: error.to_string() }
}
