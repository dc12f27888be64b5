//! The students' way in: from `{app}--{sandbox}.{domain}` through a machine's agent to its apps.
//!
//! Owns: reading requests strictly, who may enter (the cookie, verified offline), the route table that it follows,
//! forwarding with flat memory, ending live connections when their right to be there ends, and telling who is
//! active.
//!
//! Must not know: the store, providers, how a sandbox is made or what a phase leads to. What it knows of a sandbox is
//! its route; what it can't decide by that it asks the api-server.

mod access;
mod activity;
mod agent;
mod api;
mod body;
mod config;
mod door;
mod errand;
mod exchange;
mod feed;
mod forward;
mod gate;
mod headers;
mod lease;
mod log;
mod metrics;
mod origin;
mod own;
mod pages;
mod problem;
mod pull;
mod serve;
mod server;
mod session;
mod settings;
mod shared;
mod splice;
mod table;
mod upgrade;
mod visit;
mod websocket;

pub use config::{BadSource, Config, Scheme};
pub use server::{Context, Error, Proxy};

#[cfg(test)]
mod tests;
