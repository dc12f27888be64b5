//! For tests: a PostgreSQL server of one's own, and stores on every kind of database.

mod faults;
mod postgres;

use std::sync::Arc;

use domain::random::Random;
use domain::time::Clock;
pub use faults::{Held, hold, limit_growth};
pub use postgres::{Postgres, postgres};

use crate::error::Error;
use crate::options::Options;
use crate::store::Store;

/// A new store in memory.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn memory(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Store, Error> {
    Store::open(Options::new("sqlite::memory:"), clock, random).await
}
