//! SQL, written once for both databases: an enum over two pools, and one macro that goes into either.
//!
//! Statements use `$1` placeholders, TEXT and BIGINT only. Nothing outside this module and its children names a
//! database's own types, but for waking and backup.

/// Goes into either database with the same expression.
macro_rules! on_either {
    ($on:expr, $variant:ident, $inner:ident => $do:expr) => {
        match $on {
            $variant::Sqlite($inner) => $do,
            $variant::Postgres($inner) => $do,
        }
    };
}

mod arg;
mod connect;
mod insert;
mod row;
mod writer;

pub(crate) use arg::{Arg, args};
pub(crate) use connect::connect;
pub(crate) use insert::Insert;
pub(crate) use row::{Cells, Row};
use sqlx::{PgPool, Postgres, SqlitePool, Transaction};
use writer::{LeftOpen, WriteTx};

use crate::error::Error;

/// The database.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    /// One connection writes, so that nobody waits inside SQLite; others read. In memory both are the same pool
    /// of one connection: nothing may read outside a transaction that it holds.
    Sqlite {
        /// One connection.
        writer: SqlitePool,
        /// Several.
        readers: SqlitePool,
        /// Of the writer's connection.
        left_open: LeftOpen,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

/// A transaction that writes. On SQLite it holds the write lock from its beginning. Dropped, it rolls back.
#[derive(Debug)]
pub(crate) enum Tx {
    Sqlite(WriteTx),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: &str, args: Vec<Arg<'_>>) -> Result<u64, Error> {
        Ok(on_either!(self, Tx, tx => arg::query(sql, args).execute(&mut **tx).await?.rows_affected()))
    }

    /// The rows of a statement.
    pub(crate) async fn all(&mut self, sql: &str, args: Vec<Arg<'_>>) -> Result<Vec<Row>, Error> {
        Ok(
            on_either!(self, Tx, tx => arg::query(sql, args).fetch_all(&mut **tx).await?.into_iter().map(Row::from).collect()),
        )
    }

    /// The first row of a statement, if any.
    pub(crate) async fn first(&mut self, sql: &str, args: Vec<Arg<'_>>) -> Result<Option<Row>, Error> {
        Ok(on_either!(self, Tx, tx => arg::query(sql, args).fetch_optional(&mut **tx).await?.map(Row::from)))
    }

    /// Runs statements without parameters.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), Error> {
        on_either!(self, Tx, tx => { sqlx::Executor::execute(&mut **tx, sqlx::raw_sql(sql)).await?; });
        Ok(())
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        on_either!(self, Tx, tx => tx.commit().await?);
        Ok(())
    }
}

impl Database {
    /// Begins to write.
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite { writer, left_open, .. } => Tx::Sqlite(WriteTx::begin(writer, left_open).await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// The rows of a statement that only reads.
    pub(crate) async fn all(&self, sql: &str, args: Vec<Arg<'_>>) -> Result<Vec<Row>, Error> {
        Ok(match self {
            Self::Sqlite { readers, .. } => {
                arg::query(sql, args).fetch_all(readers).await?.into_iter().map(Row::from).collect()
            }
            Self::Postgres(pool) => {
                arg::query(sql, args).fetch_all(pool).await?.into_iter().map(Row::from).collect()
            }
        })
    }

    /// The first row of a statement that only reads.
    pub(crate) async fn first(&self, sql: &str, args: Vec<Arg<'_>>) -> Result<Option<Row>, Error> {
        Ok(match self {
            Self::Sqlite { readers, .. } => {
                arg::query(sql, args).fetch_optional(readers).await?.map(Row::from)
            }
            Self::Postgres(pool) => arg::query(sql, args).fetch_optional(pool).await?.map(Row::from),
        })
    }

    /// One statement that writes, a transaction of its own; the first row that it returns.
    pub(crate) async fn write_first(&self, sql: &str, args: Vec<Arg<'_>>) -> Result<Option<Row>, Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => arg::query(sql, args).fetch_optional(writer).await?.map(Row::from),
            Self::Postgres(pool) => arg::query(sql, args).fetch_optional(pool).await?.map(Row::from),
        })
    }

    /// One statement that writes, a transaction of its own; how many rows it touched.
    pub(crate) async fn write(&self, sql: &str, args: Vec<Arg<'_>>) -> Result<u64, Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => arg::query(sql, args).execute(writer).await?.rows_affected(),
            Self::Postgres(pool) => arg::query(sql, args).execute(pool).await?.rows_affected(),
        })
    }

    /// Closes every connection. On SQLite the last one to go moves everything into the database's own file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                // The pool forgets a connection that is just being given back; one in our hands is surely closed.
                if let Ok(connection) = writer.acquire().await {
                    // A failure leaves nothing to be done: the file is whole with its journal.
                    drop(connection.close().await);
                }
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
