//! Soft and hard stop, and the components of a process.
//!
//! The first SIGTERM or SIGINT asks everybody to drain (soft); a second one, or the drain deadline, asks them
//! to drop what they hold (hard); what still runs a moment later is aborted. A component that ends before a
//! stop was asked for, by an error, a panic or just so, stops the whole process with a failing exit code: a
//! region that lost a part must be restarted, not limp.

mod outcome;
mod signals;
mod stop;
mod tasks;

pub(crate) use outcome::chain;
pub use stop::{Stop, Stopper};
pub use tasks::{DRAIN_DEADLINE, Tasks};

#[cfg(test)]
mod tests;
