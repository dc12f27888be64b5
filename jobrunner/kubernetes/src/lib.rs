//! The provider for pods of a Kubernetes cluster.
//!
//! Owns: which objects a machine and its home become (`manifest`), what their state means (`observe`), and the
//! conversation with the API server. What is true is in the cluster; a process keeps only copies of it.
//!
//! Must not know: the store, phases and plans, what a template's apps are for. Nobody else sees a Kubernetes type.

#[cfg(feature = "testing")]
mod bare;
mod cache;
mod call;
mod cluster;
mod config;
mod connect;
mod copy;
mod doctor;
mod ensure;
mod fence;
mod gate;
mod manifest;
mod names;
mod observe;
mod others;
mod patience;
mod place;
mod policies;
mod provider;
mod quantity;
mod quota;
mod remove;
mod room;
mod verify;
mod words;

#[cfg(feature = "testing")]
pub use bare::{Bare, BareError};
pub use config::{Caller, Config, Placement, Toleration};
pub use connect::Error;
pub use doctor::Doctor;
pub use provider::Kubernetes;

#[cfg(test)]
#[cfg(feature = "cluster")]
mod tests;
