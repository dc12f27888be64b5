//! What the region remembers: intent, status, the log, and everything around them.
//!
//! Owns: the schema and every SQL statement, on SQLite and PostgreSQL alike; the rules that need a transaction
//! (one sandbox for one ref, quotas, compare-and-set, single use); the leader's lease; the numbering of the log.
//!
//! Must not know: HTTP, providers, or what a phase means beyond what `domain` says. No type of a database driver
//! is in its public names, and the wall clock is only read through the clock it was given.

mod activity;
pub mod backup;
mod error;
mod intent;
mod keys;
mod lease;
pub mod log;
mod logins;
mod migrate;
mod options;
mod page;
mod region;
mod sandboxes;
mod sql;
mod status;
mod store;
mod templates;
mod tenants;
#[cfg(feature = "testing")]
pub mod testing;
mod tickets;
mod usage;
mod wake;

#[cfg(test)]
mod suite;

pub use activity::{Activity, Idle, REPORTER_LIVE_MS, Report};
pub use error::Error;
pub use intent::{Created, Extended, Intents, NewSandbox};
pub use keys::{Key, Keys, NewKey, Scope};
pub use lease::{LEADER, Leases, Term};
pub use log::{EventKind, Log, Position};
pub use logins::{Logins, Sessions};
pub use options::{BUSY_TIMEOUT_MS_DEFAULT, MAX_CONNECTIONS_DEFAULT, Options};
pub use page::{PAGE_ITEMS_MAX, Page, Paged};
pub use region::{Epochs, Region};
pub use sandboxes::{DELETED_READABLE_DAYS, Filter, Sandboxes};
pub use status::{Expect, Statuses};
pub use store::{START_PATIENCE, Store};
pub use templates::{Published, StoredTemplate, Templates};
pub use tenants::{Tenant, Tenants};
pub use tickets::{Ticket, TicketError, Tickets};
pub use wake::{NOTIFY_INTERVAL_MS, Topic, Wake};
