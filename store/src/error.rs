//! What can go wrong at the store's boundary.

use domain::id::SandboxId;
use domain::quota::Exceeded;

/// Why the store did not do something. No variant carries a parameter's value or a connection string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing of that name exists, or it is deleted.
    #[error("not found")]
    NotFound,
    /// Somebody else was first: another generation or revision is stored, or the lease is another's.
    #[error("changed by another meanwhile")]
    Conflict,
    /// The tenant has a sandbox of this ref that was asked for by another request.
    #[error("the ref is taken by {0}")]
    RefTaken(SandboxId),
    /// A limit of the tenant would be passed.
    #[error(transparent)]
    QuotaExceeded(#[from] Exceeded),
    /// It needs a sandbox that is wanted running and has not failed.
    #[error("the sandbox does not run")]
    NotRunning,
    /// The request makes no sense as it is.
    #[error("{field}: {message}")]
    Refused {
        /// The field to mend.
        field: &'static str,
        /// What is wrong, and what to do.
        message: String,
    },
    /// A position of another epoch, one that was never given out, or one whose successors are pruned: the reader
    /// starts again from a snapshot.
    #[error("the position is of another epoch or no longer kept")]
    PositionGone,
    /// The database is locked, full or gone; trying again may help.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// The database's words, for operators.
        reason: String,
    },
    /// A stored value cannot be read: another program wrote it, or a later release.
    #[error("{table}.{column} of `{id}` cannot be read")]
    Corrupt {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// Which row.
        id: String,
    },
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let reason = match &error {
            sqlx::Error::RowNotFound => return Self::NotFound,
            // Configuration errors quote the connection string.
            sqlx::Error::Configuration(_) => "its address is not understood".to_owned(),
            sqlx::Error::PoolTimedOut => "no connection became free in time".to_owned(),
            // The message names table and constraint; values are only in the detail, which stays out.
            sqlx::Error::Database(database) => match database.code() {
                Some(code) => format!("{} ({code})", database.message()),
                None => database.message().to_owned(),
            },
            other => other.to_string(),
        };
        Self::Unavailable { reason }
    }
}

impl Error {
    pub(crate) fn refused(field: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { field, message: message.into() }
    }
}
