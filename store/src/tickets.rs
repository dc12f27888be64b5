//! Tickets: single-use rights to open one app of one sandbox, known by their hashes only.

use domain::id::{AppName, SandboxId};
use domain::time::Timestamp;

use crate::error::Error;
use crate::sql::{Row, args};
use crate::store::Store;

/// Tickets. See [`Store::tickets`].
#[derive(Clone, Copy, Debug)]
pub struct Tickets<'s>(pub(crate) &'s Store);

/// What a ticket is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The sandbox.
    pub sandbox: SandboxId,
    /// The app.
    pub app: AppName,
    /// Who comes in, as the platform calls them.
    pub user: String,
    /// In which role.
    pub role: String,
    /// The sandbox's access epoch when it was issued.
    pub access_epoch: u64,
    /// It can't be redeemed from then on.
    pub expires_at: Timestamp,
}

/// Why a ticket was not redeemed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// Nobody issued it, or it was forgotten long after its time.
    #[error("the ticket is unknown")]
    Unknown,
    /// It was redeemed before.
    #[error("the ticket is spent")]
    Spent,
    /// Its time is over.
    #[error("the ticket has expired")]
    Expired,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Tickets<'_> {
    /// Stores a ticket under the hash of its text.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the hash is there already; [`Error::Unavailable`].
    pub async fn issue(&self, hash: &str, ticket: Ticket) -> Result<(), Error> {
        self.issue_all(&[(hash.to_owned(), ticket)]).await
    }

    /// Stores many tickets at once.
    ///
    /// # Errors
    /// As [`Tickets::issue`]; nothing is stored then.
    pub async fn issue_all(&self, tickets: &[(String, Ticket)]) -> Result<(), Error> {
        const INSERT: crate::sql::Insert = crate::sql::Insert {
            into: "tickets (hash, sandbox, app, user_id, role, access_epoch, expires_at)",
            tail: "ON CONFLICT (hash) DO NOTHING RETURNING hash",
        };
        let rows = tickets.iter().map(|(hash, ticket)| {
            let Ticket { sandbox, app, user, role, access_epoch, expires_at } = ticket;
            args![hash, sandbox, app, user, role, *access_epoch, *expires_at]
        });
        let mut tx = self.0.begin().await?;
        let stored = INSERT.run(&mut tx, rows.collect()).await?;
        if stored.len() == tickets.len() { tx.commit().await } else { Err(Error::Conflict) }
    }

    /// Spends a ticket: of many tries at once, one succeeds.
    ///
    /// # Errors
    /// See [`TicketError`].
    pub async fn redeem(&self, hash: &str) -> Result<Ticket, TicketError> {
        let now = self.0.now();
        let spend = "UPDATE tickets SET redeemed_at = $2 WHERE hash = $1 AND redeemed_at IS NULL \
                     AND expires_at > $2 RETURNING *";
        if let Some(row) = self.0.database().write_first(spend, args![hash, now]).await? {
            return Ok(read(&row)?);
        }
        let sql = "SELECT hash, redeemed_at FROM tickets WHERE hash = $1";
        let row = self.0.database().first(sql, args![hash]).await?.ok_or(TicketError::Unknown)?;
        let spent = row.of("tickets", "sandbox").opt_time("redeemed_at")?.is_some();
        Err(if spent { TicketError::Spent } else { TicketError::Expired })
    }

    /// Forgets tickets that expired before `before`, at most `limit`; how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prune(&self, before: Timestamp, limit: u64) -> Result<u64, Error> {
        let sql = "DELETE FROM tickets WHERE hash IN \
                   (SELECT hash FROM tickets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
        self.0.database().write(sql, args![before, limit]).await
    }
}

fn read(row: &Row) -> Result<Ticket, Error> {
    let cells = row.of("tickets", "sandbox");
    Ok(Ticket {
        sandbox: cells.parse("sandbox")?,
        app: cells.parse("app")?,
        user: cells.text("user_id")?,
        role: cells.text("role")?,
        access_epoch: cells.count("access_epoch")?,
        expires_at: cells.time("expires_at")?,
    })
}
