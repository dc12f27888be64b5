//! Leases: one holder at a time, for a while, with a term that grows whenever it might have changed hands.

use std::time::Duration;

use domain::time::Timestamp;

use crate::error::Error;
use crate::sql::args;
use crate::store::Store;

/// The lease of the leading jobrunner; its term guards every write of a status.
pub const LEADER: &str = "jobrunner";

/// Counts the times that a lease was taken. A holder writes with its term; a later one outdates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub u64);

/// Leases. See [`Store::lease`].
#[derive(Clone, Copy, Debug)]
pub struct Leases<'s>(pub(crate) &'s Store);

impl Leases<'_> {
    /// Takes a lease that is free or over, or renews the holder's own; none when another holds it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn acquire(&self, name: &str, holder: &str, ttl_ms: u64) -> Result<Option<Term>, Error> {
        let sql = "INSERT INTO leases (name, holder, term, expires_at) VALUES ($1, $2, 1, $3) \
                   ON CONFLICT (name) DO UPDATE SET term = CASE \
                   WHEN leases.holder = excluded.holder AND leases.expires_at > $4 THEN leases.term \
                   ELSE leases.term + 1 END, holder = excluded.holder, expires_at = excluded.expires_at \
                   WHERE leases.holder = excluded.holder OR leases.expires_at <= $4 RETURNING name, term";
        let now = self.0.now();
        let until = now + Duration::from_millis(ttl_ms);
        let row = self.0.database().write_first(sql, args![name, holder, until, now]).await?;
        row.map(|row| row.of("leases", "name").count("term").map(Term)).transpose()
    }

    /// Prolongs a lease that still runs under this term; false when it is over or another's.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn renew(&self, name: &str, term: Term, ttl_ms: u64) -> Result<bool, Error> {
        let sql = "UPDATE leases SET expires_at = $3 WHERE name = $1 AND term = $2 AND expires_at > $4";
        let now = self.0.now();
        let until = now + Duration::from_millis(ttl_ms);
        Ok(self.0.database().write(sql, args![name, term.0, until, now]).await? == 1)
    }

    /// Gives a lease up at once. Its term is over too: what the holder still writes under it is refused.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn release(&self, name: &str, term: Term) -> Result<(), Error> {
        let sql =
            "UPDATE leases SET holder = '', expires_at = 0, term = term + 1 WHERE name = $1 AND term = $2";
        self.0.database().write(sql, args![name, term.0]).await.map(drop)
    }

    /// Who holds a lease, under which term, until when; none when nobody does.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn holder(&self, name: &str) -> Result<Option<(String, Term, Timestamp)>, Error> {
        let sql = "SELECT name, holder, term, expires_at FROM leases WHERE name = $1 AND expires_at > $2";
        let Some(row) = self.0.database().first(sql, args![name, self.0.now()]).await? else {
            return Ok(None);
        };
        let cells = row.of("leases", "name");
        Ok(Some((cells.text("holder")?, Term(cells.count("term")?), cells.time("expires_at")?)))
    }
}
