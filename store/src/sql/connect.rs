//! Opening the pools.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgPool, SqlitePool};
use tokio::time::{Instant, sleep};

use super::Database;
use super::writer::LeftOpen;
use crate::error::Error;
use crate::options::Options;

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT_MS: u64 = 10_000;
/// Time between two tries to open a file that another process is just making.
const BUSY_RETRY_MS: u64 = 10;
/// A connection that lay idle for longer is tried before it is used.
const TRUSTED_IDLE_MS: u64 = 1_000;
/// Statements that each connection keeps prepared.
const STATEMENTS_CACHED_PER_CONNECTION: usize = 256;

/// Connects to the database that the options name.
pub(crate) async fn connect(options: &Options) -> Result<Database, Error> {
    match options.url.split_once(':') {
        Some(("sqlite", ":memory:")) => {
            let memory = SqliteConnectOptions::new().filename(":memory:");
            let left_open = LeftOpen::default();
            let only = sqlite(memory, options, left_open.clean(pool(1))).await?;
            Ok(Database::Sqlite { writer: only.clone(), readers: only, left_open })
        }
        Some(("sqlite", path)) => file(path, options).await,
        Some(("postgres" | "postgresql", _)) => Ok(Database::Postgres(postgres(options).await?)),
        _ => Err(Error::refused(
            "url",
            "a database is sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/DATABASE",
        )),
    }
}

async fn file(path: &str, options: &Options) -> Result<Database, Error> {
    let path = path.strip_prefix("//").unwrap_or(path);
    make_private(path)?;
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was answered survives a power failure.
        .synchronous(SqliteSynchronous::Full);
    let left_open = LeftOpen::default();
    let writer = sqlite(connect.clone(), options, left_open.clean(pool(1))).await?;
    let readers = sqlite(connect, options, pool(options.max_connections.max(2) - 1)).await?;
    Ok(Database::Sqlite { writer, readers, left_open })
}

/// Makes the file if there is none: SQLite would make it readable by everybody, and its journals as the file is.
///
/// It is made under another name and then linked, because the kernel lets go of all of a process's locks on a file when
/// any of its descriptors of that file is closed.
fn make_private(path: &str) -> Result<(), Error> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    if Path::new(path).exists() {
        return Ok(());
    }
    let new = format!("{path}.new-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let made = File::options().write(true).create_new(true).mode(0o600).open(&new);
    let linked = made.map(drop).and_then(|()| match std::fs::hard_link(&new, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // Nobody knows this name; that it stays behind is no second failure.
    drop(std::fs::remove_file(&new));
    linked.map_err(|error| Error::Unavailable { reason: format!("{path}: {error}") })
}

async fn sqlite(
    connect: SqliteConnectOptions,
    options: &Options,
    pool: SqlitePoolOptions,
) -> Result<SqlitePool, Error> {
    let connect = connect
        .busy_timeout(Duration::from_millis(options.busy_timeout_ms))
        .statement_cache_capacity(STATEMENTS_CACHED_PER_CONNECTION);
    let deadline = Instant::now() + Duration::from_millis(options.busy_timeout_ms);
    loop {
        match pool.clone().connect_with(connect.clone()).await {
            // Changing a new file to WAL needs it alone, and SQLite does not wait for that as it does for a lock.
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                sleep(Duration::from_millis(BUSY_RETRY_MS)).await;
            }
            connected => return Ok(connected?),
        }
    }
}

/// SQLITE_BUSY, in any of its extended forms.
fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        // A database in memory lives as long as its connection.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_millis(ACQUIRE_TIMEOUT_MS))
        .acquire_slow_threshold(Duration::from_millis(ACQUIRE_TIMEOUT_MS))
}

async fn postgres(options: &Options) -> Result<PgPool, Error> {
    let connect = PgConnectOptions::from_str(&options.url)?
        .application_name("qingjiao")
        .statement_cache_capacity(STATEMENTS_CACHED_PER_CONNECTION);
    let pool = PgPoolOptions::new()
        // One of them listens for as long as the store is open.
        .max_connections(options.max_connections.max(2))
        .acquire_timeout(Duration::from_millis(ACQUIRE_TIMEOUT_MS))
        // Who waits too long is told so; the driver need not say it too.
        .acquire_slow_threshold(Duration::from_millis(ACQUIRE_TIMEOUT_MS))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_millis(TRUSTED_IDLE_MS) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
    Ok(pool.connect_with(connect).await?)
}
