//! What every process of the region needs: configuration, telemetry, soft and hard stop, the loop around
//! background components, the admin endpoints, a draining HTTP accept loop and TLS for it.
//!
//! It owns the process and nothing of the business: it must not know sandboxes, the store, providers or the
//! API, and it imports none of our other crates.

pub mod admin;
pub mod backoff;
pub mod config;
pub mod http;
pub mod lifecycle;
pub mod program;
pub mod secret;
pub mod telemetry;
pub mod ticker;
pub mod tls;

pub use admin::Readiness;
pub use backoff::Backoff;
pub use lifecycle::{Stop, Stopper, Tasks};
pub use secret::{Secret, SecretFile};
pub use telemetry::{SharedRegistry, Telemetry};
pub use ticker::{Next, Tick, Ticker};

/// Any error of a component; the place that handles it logs it once.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
