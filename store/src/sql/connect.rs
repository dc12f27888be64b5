//! Opening the pools.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgPool, SqlitePool};

use super::Database;
use crate::error::Error;
use crate::options::Options;

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT_MS: u64 = 10_000;
/// A connection that lay idle for longer is tried before it is used.
const TRUSTED_IDLE_MS: u64 = 1_000;
/// Statements that each connection keeps prepared.
const STATEMENTS_CACHED_PER_CONNECTION: usize = 256;

/// Connects to the database that the options name.
pub(crate) async fn connect(options: &Options) -> Result<Database, Error> {
    match options.url.split_once(':') {
        Some(("sqlite", ":memory:")) => {
            let only = sqlite(SqliteConnectOptions::new().filename(":memory:"), 1, options).await?;
            Ok(Database::Sqlite { writer: only.clone(), readers: only })
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
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was answered survives a power failure.
        .synchronous(SqliteSynchronous::Full);
    let writer = sqlite(connect.clone(), 1, options).await?;
    let readers = sqlite(connect, options.max_connections.max(2) - 1, options).await?;
    Ok(Database::Sqlite { writer, readers })
}

async fn sqlite(
    connect: SqliteConnectOptions,
    connections: u32,
    options: &Options,
) -> Result<SqlitePool, Error> {
    let connect = connect
        .busy_timeout(Duration::from_millis(options.busy_timeout_ms))
        .statement_cache_capacity(STATEMENTS_CACHED_PER_CONNECTION);
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        // A database in memory lives as long as its connection.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_millis(ACQUIRE_TIMEOUT_MS));
    Ok(pool.connect_with(connect).await?)
}

async fn postgres(options: &Options) -> Result<PgPool, Error> {
    let connect = PgConnectOptions::from_str(&options.url)?
        .application_name("qingjiao")
        .statement_cache_capacity(STATEMENTS_CACHED_PER_CONNECTION);
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections.max(1))
        .acquire_timeout(Duration::from_millis(ACQUIRE_TIMEOUT_MS))
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
