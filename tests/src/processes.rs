//! A region as separate processes: two replicas of every role on PostgreSQL and one computer. Their machines are
//! processes of this computer, or pods of a cluster.
//!
//! The programs are the roles' own `main.rs`, built with points at which they kill themselves. Each replica is
//! supervised: it is started again when it ends, until the region stops. All that a region needs (state, secrets,
//! configuration, logs) lies in one temporary folder, gone with it.

mod fleet;
mod ground;
mod machines;
mod replica;

pub use fleet::Fleet;
pub(crate) use ground::port;
pub use ground::{Ground, Machines};
pub use machines::LiveMachine;
pub use replica::{Death, Replica, Role};
