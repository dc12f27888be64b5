//! Numbering committed rows, and dropping old ones.

use domain::provider::StoreEpoch;
use domain::time::Timestamp;

use crate::error::Error;
use crate::sql::args;
use crate::store::Store;

/// What the head says.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) epoch: StoreEpoch,
    /// Of the newest numbered row.
    pub(super) number: u64,
    /// Of the newest row that was dropped.
    pub(super) pruned: u64,
    /// Whether committed rows wait for their numbers.
    pub(super) pending: bool,
}

/// Reads the head.
pub(super) async fn head(store: &Store) -> Result<Head, Error> {
    let sql = "SELECT number, pruned, epoch, \
               (SELECT COUNT(*) FROM (SELECT id FROM log WHERE number IS NULL LIMIT 1) AS waiting) AS pending \
               FROM log_head WHERE id = 1";
    let row = store.database().first(sql, args![]).await?.ok_or(Error::NotFound)?;
    let cells = row.of("log_head", "epoch");
    let epoch = cells.text("epoch")?;
    store.saw_epoch(&epoch);
    Ok(Head {
        epoch: StoreEpoch(epoch),
        number: cells.count("number")?,
        pruned: cells.count("pruned")?,
        pending: cells.flag("pending")?,
    })
}

/// Gives numbers to at most `limit` committed rows, in the order in which they were written.
///
/// Row ids of one sandbox grow with its sequence, because its writers hold its lock when they append; so its
/// events are numbered in their order. Whoever numbers holds the head's row: numbers become visible in order too.
pub(super) async fn number(store: &Store, limit: usize) -> Result<usize, Error> {
    let mut tx = store.begin().await?;
    let lock = "UPDATE log_head SET number = number WHERE id = 1 RETURNING number";
    let row = tx.first(lock, args![]).await?.ok_or(Error::NotFound)?;
    let last = row.of("log_head", "number").count("number")?;
    let assign = "UPDATE log SET number = $1 + waiting.place FROM \
                  (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM \
                  (SELECT id FROM log WHERE number IS NULL ORDER BY id LIMIT $2) AS next) AS waiting \
                  WHERE log.id = waiting.id";
    let count = tx.execute(assign, args![last, limit as u64]).await?;
    if count == 0 {
        return Ok(0);
    }
    tx.execute("UPDATE log_head SET number = number + $1 WHERE id = 1", args![count]).await?;
    tx.commit().await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Drops numbered rows from the oldest on, up to the first that is not older than `before`, at most `limit`.
pub(super) async fn prune(store: &Store, before: Timestamp, limit: u64) -> Result<u64, Error> {
    let mut tx = store.begin().await?;
    let lock = "UPDATE log_head SET number = number WHERE id = 1 RETURNING number, pruned";
    let row = tx.first(lock, args![]).await?.ok_or(Error::NotFound)?;
    let cells = row.of("log_head", "number");
    let (head, pruned) = (cells.count("number")?, cells.count("pruned")?);
    // Numbers have no gap, so as many numbers are as many rows.
    let furthest = head.min(pruned.saturating_add(limit));
    let kept =
        "SELECT number FROM log WHERE number > $1 AND number <= $2 AND at >= $3 ORDER BY number LIMIT 1";
    let row = tx.first(kept, args![pruned, furthest, before]).await?;
    let first_kept = row.map(|row| row.of("log", "number").count("number")).transpose()?;
    let until = first_kept.map_or(furthest, |first| first.saturating_sub(1));
    if until <= pruned {
        return Ok(0);
    }
    tx.execute("DELETE FROM log WHERE number <= $1", args![until]).await?;
    tx.execute("UPDATE log_head SET pruned = $1 WHERE id = 1", args![until]).await?;
    tx.commit().await?;
    Ok(until - pruned)
}
