//! A registry mirror as a process of its own, and what pulls from it: nodes that keep to containerd's rules, and
//! real programs.
//!
//! The upstream is a scripted registry in the test's own process, so that a test can break it and count what it sends.

mod clients;
mod clock;
mod conformance;
mod containerd;
mod node;
mod process;
mod tools;

pub use clients::{Client, Clients, Image};
pub use clock::ShiftedClock;
pub use conformance::{Catalogue, conformance};
pub use node::{Counts, Error as PullError, Node, Upstream};
pub use process::{MirrorProcess, Settings, Surroundings};
