//! Status: what was seen of sandboxes. The leading jobrunner alone writes it, and every write is compared with the
//! term of its lease.

mod machines;
mod record;

use domain::id::SandboxId;
use domain::sandbox::{Sandbox, Status};

use crate::error::Error;
use crate::lease::{LEADER, Term};
use crate::sql::args;
use crate::store::Store;

/// What the leader writes. See [`Store::status`].
#[derive(Clone, Copy, Debug)]
pub struct Statuses<'s>(pub(crate) &'s Store);

/// What must be stored for a write to take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Of the intent.
    pub generation: u64,
    /// Of the status.
    pub revision: u64,
}

impl Expect {
    /// What was read.
    #[must_use]
    pub const fn of(sandbox: &Sandbox) -> Self {
        Self { generation: sandbox.intent.generation, revision: sandbox.status.revision }
    }
}

impl Statuses<'_> {
    /// Stores a new status with its event. `changed` names the changed fields as the API calls them; the revision
    /// becomes the expected one plus one, whatever `new` says.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the term is over or another generation or revision is stored; [`Error::Refused`]
    /// for a phase that may not follow; [`Error::NotFound`], [`Error::Unavailable`].
    #[expect(clippy::too_many_arguments, reason = "who writes, what, where, and on which condition")]
    pub async fn record(
        &self,
        term: Term,
        id: &SandboxId,
        expect: Expect,
        new: &Status,
        changed: &[&'static str],
    ) -> Result<Sandbox, Error> {
        record::record(self.0, record::Record { term, id, expect, new, changed }).await
    }

    /// Takes `count` numbers from the store's one counter and answers with the first of them.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the term is over; [`Error::Unavailable`].
    pub async fn creation_numbers(&self, term: Term, count: u64) -> Result<u64, Error> {
        let sql = "UPDATE counters SET value = value + $1 WHERE name = 'creation' \
                   AND EXISTS (SELECT 1 FROM leases WHERE name = $2 AND term = $3) RETURNING name, value";
        let row = self.0.database().write_first(sql, args![count, LEADER, term.0]).await?;
        let last = row.ok_or(Error::Conflict)?.of("counters", "name").count("value")?;
        Ok(last + 1 - count.min(last))
    }

    /// The last number that was taken.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn creation_counter(&self) -> Result<u64, Error> {
        let sql = "SELECT name, value FROM counters WHERE name = 'creation'";
        let row = self.0.database().first(sql, args![]).await?.ok_or(Error::NotFound)?;
        row.of("counters", "name").count("value")
    }
}
