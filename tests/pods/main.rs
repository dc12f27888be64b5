//! A region whose machines are pods of a real cluster. Run by `scripts/cluster-tests`, one test after another.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod chart;
mod doctor;
mod faults;
mod flow;
mod isolation;
