//! The lock that every writer of a sandbox takes first: its sequence.

use domain::id::SandboxId;
use domain::sandbox::Sandbox;

use super::row::{read, select_sandbox};
use crate::error::Error;
use crate::lease::Term;
use crate::sql::{Tx, args};

/// A sandbox that nobody else changes until the transaction ends.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) sandbox: Sandbox,
    /// The number of the event that the holder of the lock will append.
    pub(crate) sequence: u64,
    /// The term of the leader's lease, as this transaction sees it.
    pub(crate) term: Option<Term>,
}

/// Locks and reads a sandbox.
pub(crate) async fn lock(tx: &mut Tx, id: &SandboxId) -> Result<Locked, Error> {
    let raise = "UPDATE sandboxes SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence";
    let raised = tx.first(raise, args![id]).await?.ok_or(Error::NotFound)?;
    let sequence = raised.of("sandboxes", "sequence").count("sequence")?;
    let rows = tx.all(concat!(select_sandbox!(), "WHERE i.id = $1"), args![id]).await?;
    let sandbox = read(&rows)?;
    let term = rows.first().map(|row| row.of("leases", "id").opt_count("lease_term")).transpose()?.flatten();
    Ok(Locked { sandbox, sequence, term: term.map(Term) })
}
