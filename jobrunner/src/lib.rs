//! Turns intent into machines and writes down what it sees.
//!
//! Owns: leadership, reconciling, admission from the queue, expiry and idleness, the sweep, retention, and the detection
//! of a restored database. All of it are idempotent ticks of one leader; the others stand by.
//!
//! Must not know: HTTP of the platform, hosts and cookies, SQL, or which kind of provider it speaks to.

mod admission;
mod agents;
mod config;
mod context;
mod drive;
mod error;
mod expiry;
mod leadership;
mod providers;
mod reconcile;
mod restored;
mod retention;
mod role;
mod start;
mod sweep;
#[cfg(feature = "testing")]
pub mod testing;

pub use admission::Admission;
pub use agents::{Agents, Given, HttpAgents};
pub use config::{Config, ProviderKind};
pub use context::{Context, Door, Wakes};
pub use error::Error;
pub use expiry::Expiry;
pub use leadership::Leadership;
pub use providers::Providers;
pub use reconcile::Reconciler;
pub use retention::{LOG_KEPT_DAYS, Retention};
pub use role::Role;
pub use start::start;
pub use sweep::Sweep;
