//! The console's login links, each good for one login, and the sessions that follow. Hashes only.

use domain::time::Timestamp;

use crate::error::Error;
use crate::sql::args;
use crate::store::Store;
use crate::wake::Topic;

/// Login links. See [`Store::logins`].
#[derive(Clone, Copy, Debug)]
pub struct Logins<'s>(pub(crate) &'s Store);

/// Sessions. See [`Store::sessions`].
#[derive(Clone, Copy, Debug)]
pub struct Sessions<'s>(pub(crate) &'s Store);

impl Logins<'_> {
    /// Stores a login link under the hash of its secret.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn issue(&self, hash: &str, expires_at: Timestamp) -> Result<(), Error> {
        let sql = "INSERT INTO logins (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.0.database().write(sql, args![hash, expires_at]).await.map(drop)
    }

    /// Spends a login link; false when it is unknown, spent or expired.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn redeem(&self, hash: &str) -> Result<bool, Error> {
        let sql =
            "UPDATE logins SET redeemed_at = $2 WHERE hash = $1 AND redeemed_at IS NULL AND expires_at > $2";
        Ok(self.0.database().write(sql, args![hash, self.0.now()]).await? == 1)
    }
}

impl Sessions<'_> {
    /// Stores a session under the hash of its cookie, and forgets those that are over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create(&self, hash: &str, expires_at: Timestamp) -> Result<(), Error> {
        let now = self.0.now();
        for table in
            ["DELETE FROM sessions WHERE expires_at <= $1", "DELETE FROM logins WHERE expires_at <= $1"]
        {
            self.0.database().write(table, args![now]).await?;
        }
        let sql = "INSERT INTO sessions (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.0.database().write(sql, args![hash, expires_at]).await.map(drop)
    }

    /// Whether a session is there and not over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find(&self, hash: &str) -> Result<bool, Error> {
        let sql = "SELECT hash FROM sessions WHERE hash = $1 AND expires_at > $2";
        Ok(self.0.database().first(sql, args![hash, self.0.now()]).await?.is_some())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end(&self, hash: &str) -> Result<(), Error> {
        self.0.database().write("DELETE FROM sessions WHERE hash = $1", args![hash]).await?;
        self.0.changed(&[Topic::Keys]);
        Ok(())
    }
}
