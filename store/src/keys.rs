//! API keys, as hashes only.

use domain::id::TenantId;
use domain::time::Timestamp;

use crate::error::Error;
use crate::sql::{Row, args};
use crate::store::Store;
use crate::wake::Topic;

/// API keys. See [`Store::keys`].
#[derive(Clone, Copy, Debug)]
pub struct Keys<'s>(pub(crate) &'s Store);

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The platform's commands.
    Platform,
    /// Everything.
    Operator,
}

impl Scope {
    /// The name in the API, the database and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Operator => "operator",
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is platform or operator")]
pub struct UnknownScope;

impl std::str::FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        [Self::Platform, Self::Operator].into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// A key to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its public id.
    pub id: String,
    /// SHA-256 of the key itself, in hex.
    pub hash: String,
    /// What it may do.
    pub scope: Scope,
    /// Bound to this tenant's things.
    pub tenant: Option<TenantId>,
    /// For people.
    pub name: String,
}

/// A stored key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its public id.
    pub id: String,
    /// What it may do.
    pub scope: Scope,
    /// Bound to this tenant's things.
    pub tenant: Option<TenantId>,
    /// For people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Keys<'_> {
    /// Stores a key.
    ///
    /// # Errors
    /// [`Error::Conflict`] when its id or hash is there already; [`Error::Unavailable`].
    pub async fn create(&self, key: NewKey) -> Result<Key, Error> {
        let sql = "INSERT INTO api_keys (id, hash, scope, tenant, name, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING *";
        let tenant = key.tenant.as_ref().map(TenantId::as_str);
        let values = args![&key.id, &key.hash, key.scope.as_str(), tenant, &key.name, self.0.now()];
        read(&self.0.database().write_first(sql, values).await?.ok_or(Error::Conflict)?)
    }

    /// The key of a hash, unless it is revoked.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn find(&self, hash: &str) -> Result<Option<Key>, Error> {
        let sql = "SELECT * FROM api_keys WHERE hash = $1 AND revoked_at IS NULL";
        self.0.database().first(sql, args![hash]).await?.as_ref().map(read).transpose()
    }

    /// Every key, the oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn list(&self) -> Result<Vec<Key>, Error> {
        let sql = "SELECT * FROM api_keys ORDER BY created_at, id";
        self.0.database().all(sql, args![]).await?.iter().map(read).collect()
    }

    /// Makes a key invalid; repeating it changes nothing. Every process hears of it, as far as the database can tell
    /// them.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn revoke(&self, id: &str) -> Result<(), Error> {
        let sql = "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1";
        if self.0.database().write(sql, args![id, self.0.now()]).await? == 0 {
            return Err(Error::NotFound);
        }
        self.0.changed(&[Topic::Keys]);
        Ok(())
    }
}

fn read(row: &Row) -> Result<Key, Error> {
    let cells = row.of("api_keys", "id");
    Ok(Key {
        id: cells.text("id")?,
        scope: cells.parse("scope")?,
        tenant: cells.opt_parse("tenant")?,
        name: cells.text("name")?,
        created_at: cells.time("created_at")?,
        revoked_at: cells.opt_time("revoked_at")?,
    })
}
