//! Where the database is.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most connections unless the options say otherwise.
pub const MAX_CONNECTIONS_DEFAULT: u32 = 10;
/// How long SQLite waits for another process's write, in milliseconds, unless the options say otherwise.
pub const BUSY_TIMEOUT_MS_DEFAULT: u64 = 5_000;

/// The configuration section `store`: how to open it. Neither its `Debug` nor its printed form shows a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// `sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[serde(serialize_with = "shown", deserialize_with = "unquoted")]
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
        public(&self.url)
    }
}

/// No database: the address must be given.
impl Default for Options {
    fn default() -> Self {
        Self::new("")
    }
}

fn public(url: &str) -> String {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        // A password with a `?` in it reaches further than it should.
        (Some((scheme, _)), None) if parameters.contains('@') => format!("{scheme}://***"),
        _ => address.to_owned(),
    }
}

fn shown<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&public(url))
}

/// serde quotes what it cannot read, and this may hold a password.
fn unquoted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map_err(|_| D::Error::custom("must be a text (it is not shown)"))
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("url", &self.public_url())
            .field("max_connections", &self.max_connections)
            .field("busy_timeout_ms", &self.busy_timeout_ms)
            .finish()
    }
}
