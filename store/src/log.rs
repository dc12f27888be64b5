//! The one log: events, the watch, and the routes of the proxies are all read from it.
//!
//! A change appends its row inside its own transaction, without a number. Numbers are given afterwards, to
//! committed rows only, by whoever comes first, under a lock: so a reader that has seen number n has seen every
//! row below n, however late it was committed.

pub(crate) mod append;
mod entry;
mod position;
mod sequence;

use domain::id::SandboxId;
use domain::time::Timestamp;
pub use entry::{Entry, EventKind};
pub use position::{BadPosition, Position};

use crate::error::Error;
use crate::sql::args;
use crate::store::Store;
use crate::wake::Topic;

/// Most rows that one transaction numbers.
pub const NUMBERED_AT_ONCE_MAX: usize = 1000;

/// The log. See [`Store::log`].
#[derive(Clone, Copy, Debug)]
pub struct Log<'s>(pub(crate) &'s Store);

impl Log<'_> {
    /// Numbers committed rows, at most `limit`, and says how many. Any process may do it at any time.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sequence(&self, limit: usize) -> Result<usize, Error> {
        let count = sequence::number(self.0, limit).await?;
        if count > 0 {
            self.0.changed(&[Topic::Log]);
        }
        Ok(count)
    }

    /// The entries after a position, in their order, at most `limit`; committed rows are numbered first.
    ///
    /// # Errors
    /// [`Error::PositionGone`] for a position of another epoch, beyond the head, or with pruned successors;
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn after(&self, position: &Position, limit: usize) -> Result<Vec<Entry>, Error> {
        let mut head = sequence::head(self.0).await?;
        if head.pending {
            sequence::number(self.0, NUMBERED_AT_ONCE_MAX).await?;
            head = sequence::head(self.0).await?;
        }
        let known = position.epoch == head.epoch && (head.pruned..=head.number).contains(&position.number);
        if !known {
            return Err(Error::PositionGone);
        }
        if position.number == head.number {
            return Ok(Vec::new());
        }
        let sql = "SELECT number, kind, at, sequence, changed, snapshot, sandbox FROM log \
                   WHERE number > $1 ORDER BY number LIMIT $2";
        let rows = self.0.database().all(sql, args![position.number, limit as u64]).await?;
        rows.iter().map(|row| entry::read(row, &head.epoch)).collect()
    }

    /// The position of the newest numbered entry.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn head(&self) -> Result<Position, Error> {
        let head = sequence::head(self.0).await?;
        Ok(Position { epoch: head.epoch, number: head.number })
    }

    /// The earliest position after which everything is kept.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn oldest(&self) -> Result<Position, Error> {
        let head = sequence::head(self.0).await?;
        Ok(Position { epoch: head.epoch, number: head.pruned })
    }

    /// Everything that is kept of one sandbox, the oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn history(&self, sandbox: &SandboxId) -> Result<Vec<Entry>, Error> {
        while sequence::head(self.0).await?.pending {
            sequence::number(self.0, NUMBERED_AT_ONCE_MAX).await?;
        }
        let sql = "SELECT number, kind, at, sequence, changed, snapshot, sandbox FROM log \
                   WHERE sandbox = $1 AND number IS NOT NULL ORDER BY sequence";
        let rows = self.0.database().all(sql, args![sandbox]).await?;
        let epoch = self.0.epoch();
        rows.iter().map(|row| entry::read(row, &epoch)).collect()
    }

    /// Drops the oldest numbered entries that are older than `before`, at most `limit`, and says how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prune(&self, before: Timestamp, limit: u64) -> Result<u64, Error> {
        sequence::prune(self.0, before, limit).await
    }
}
