//! SQLite's one writing connection, and its transactions.
//!
//! The driver's own transactions count their depth, and lose count when SQLite rolls back by itself, as it does on a
//! full disk: the connection would refuse every later one. So the statements are ours, and whatever is left open by
//! an error or by a caller that left is rolled back when the connection is given back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor as _, Sqlite, SqliteConnection, SqlitePool};

/// Whether a transaction was begun on the one connection and not committed.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftOpen(Arc<AtomicBool>);

impl LeftOpen {
    /// Rolls back what was left open, before anybody else gets the connection.
    pub(super) fn clean(&self, options: SqlitePoolOptions) -> SqlitePoolOptions {
        let left_open = self.clone();
        options.after_release(move |connection, _| {
            let left_open = left_open.clone();
            Box::pin(async move {
                if left_open.0.swap(false, Ordering::SeqCst) {
                    // It fails when SQLite has rolled back already, and then nothing is left open.
                    drop(connection.execute("ROLLBACK").await);
                }
                Ok(true)
            })
        })
    }
}

/// A transaction that writes.
#[derive(Debug)]
pub(crate) struct WriteTx {
    connection: PoolConnection<Sqlite>,
    left_open: LeftOpen,
}

impl WriteTx {
    /// Takes the connection and SQLite's write lock.
    pub(super) async fn begin(writer: &SqlitePool, left_open: &LeftOpen) -> Result<Self, sqlx::Error> {
        let mut connection = writer.acquire().await?;
        left_open.0.store(true, Ordering::SeqCst);
        connection.execute("BEGIN IMMEDIATE").await?;
        Ok(Self { connection, left_open: left_open.clone() })
    }

    /// Makes it last.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("COMMIT").await?;
        self.left_open.0.store(false, Ordering::SeqCst);
        Ok(())
    }
}

impl Deref for WriteTx {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
