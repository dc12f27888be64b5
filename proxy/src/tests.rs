//! The whole proxy on loopback, with an api-server, agents and apps that tests script.

mod access;
mod activity;
mod agent;
mod api;
mod app;
mod battery;
mod client;
mod cut;
mod forwarding;
mod own_paths;
mod region;
mod stale;
mod streaming;
mod tls;
mod waiting;
mod websockets;

pub(crate) use api::Api as ScriptedApi;
