//! The HTTP API of a region: for the platform and operators (`/v1`), for the region's own roles (`/internal`), and
//! the operators' console.
//!
//! It owns what a request means: who asks, what is allowed, which words answer it. It turns requests into stored
//! intent and stored facts into answers. It must not know SQL, providers, how machines are made, or how proxies
//! use the routes that it hands out; no request of it calls a provider.

mod agent;
mod auth;
mod body;
mod config;
mod console;
mod context;
mod error;
mod internal;
mod limits;
mod metrics;
mod middleware;
mod openapi;
mod params;
mod path;
mod problem;
mod queue;
mod region_state;
mod request_id;
mod router;
mod routes;
mod schema;
mod server;
mod show;
mod urls;
mod v1;
mod view;

pub use auth::{hash_of, new_key, new_login_code};
pub use config::Config;
pub use context::Context;
pub use error::Error;
pub use server::Server;

#[cfg(test)]
mod tests;
