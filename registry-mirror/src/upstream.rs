//! Upstream registries over HTTP: which of them a name may lead to, and one client for each.
//!
//! It owns credentials, tokens, redirects, the connection limit and the rate budget. It must not know what
//! is stored here or who waits for it.

mod address;
mod answer;
mod ask;
mod auth;
mod blobs;
mod body;
mod budget;
mod client;
mod config;
mod credentials;
mod exchange;
mod failure;
mod http;
mod manifests;
mod order;
mod redirect;
mod referrers;
mod rules;
mod sources;
mod tags;

pub use budget::Budget;
pub use config::{Error, UpstreamConfig, default_upstreams};
pub use http::HttpSource;
pub use order::in_order;
pub use sources::Sources;

#[cfg(test)]
mod tests;
