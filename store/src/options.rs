//! Where the database is.

/// Most connections unless the options say otherwise.
pub const MAX_CONNECTIONS_DEFAULT: u32 = 10;
/// How long SQLite waits for another process's write, in milliseconds, unless the options say otherwise.
pub const BUSY_TIMEOUT_MS_DEFAULT: u64 = 5_000;

/// How to open the store. Its `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// `sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub url: String,
    /// Most connections of this process.
    pub max_connections: u32,
    /// How long SQLite waits for another process's write.
    pub busy_timeout_ms: u64,
}

impl Options {
    /// Options with the defaults for a database.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: MAX_CONNECTIONS_DEFAULT,
            busy_timeout_ms: BUSY_TIMEOUT_MS_DEFAULT,
        }
    }

    /// The address without user and password, for people.
    #[must_use]
    pub fn public_url(&self) -> String {
        let url = self.url.split('?').next().unwrap_or_default();
        match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
            _ => url.to_owned(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("url", &self.public_url())
            .field("max_connections", &self.max_connections)
            .field("busy_timeout_ms", &self.busy_timeout_ms)
            .finish()
    }
}
