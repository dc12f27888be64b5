//! The pull API: what nodes ask, by the OCI distribution specification, on an HTTP/1.1 server of its own.
//!
//! It is its own because a blob that rests on disk is copied by the kernel (`sendfile`), which hyper cannot
//! do, and because a pull needs so little: GET and HEAD, no bodies, no upgrades. A fill under way is served
//! by the same path, up to where it is readable.

mod answers;
mod body;
mod connection;
mod endpoint;
mod head;
mod listener;
mod metrics;
mod options;
mod patience;
mod problem;
mod pull;
mod range;
mod response;
mod route;
mod shared;
mod status;
mod wire;

pub use listener::{Context, Error, Server};
pub use options::Options;
pub use pull::Pull;

#[cfg(test)]
mod tests;
