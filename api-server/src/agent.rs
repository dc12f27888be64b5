//! The way into a machine: one HTTP/1.1 connection per call to its agent, over a Unix socket or TCP, with a token
//! for that one machine, incarnation and verb. Bodies stream both ways; nothing is kept between calls.

mod connection;
mod refusal;
mod target;

pub(crate) use connection::{Answer, call};
pub(crate) use refusal::refusal;
pub(crate) use target::{Door, door};
