//! Faults of a database, made on purpose.

use crate::error::Error;
use crate::sql::{Database, Tx};
use crate::store::Store;

/// SQLite's write lock, held by one store while others wait; dropped, it is free again.
#[derive(Debug)]
pub struct Held {
    _tx: Tx,
}

/// Takes the write lock of a store on SQLite.
///
/// # Errors
/// [`Error::Unavailable`] when another holds it.
pub async fn hold(store: &Store) -> Result<Held, Error> {
    Ok(Held { _tx: store.begin().await? })
}

/// Lets a store on SQLite grow no further, as on a disk that is full; or lets it grow again.
///
/// # Errors
/// [`Error::Refused`] when the store is not on SQLite; [`Error::Unavailable`].
pub async fn limit_growth(store: &Store, limited: bool) -> Result<(), Error> {
    const PAGES_PLENTY: u64 = 1_000_000;
    let Database::Sqlite { writer, .. } = store.database() else {
        return Err(Error::refused("store", "it is not on SQLite"));
    };
    // A limit below the present size means the present size.
    let pages = if limited { 1 } else { PAGES_PLENTY };
    sqlx::query(&format!("PRAGMA max_page_count = {pages}")).execute(writer).await?;
    Ok(())
}
