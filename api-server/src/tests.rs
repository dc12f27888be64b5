//! Every endpoint through the whole router, on a store in memory, without sockets: good, bad, forbidden, and the
//! other tenant's.

mod access;
mod agent;
mod auth;
mod bulk;
mod commands;
mod create;
mod events;
mod faults;
mod feed;
mod internal;
mod live;
mod placements;
mod problems;
mod region;
mod templates;
mod world;
