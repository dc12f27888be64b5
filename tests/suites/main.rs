//! Every suite that needs more than one crate, in one binary: linking is what takes time.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod architecture;
mod chaos;
mod mirror;
mod operations;
mod secrets;
mod simulation;
mod stale_route;
