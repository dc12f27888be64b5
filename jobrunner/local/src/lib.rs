//! The provider for processes on this computer.
//!
//! Owns: how a machine becomes an isolated process (bubblewrap, an own user id, control groups, an agent inside), the
//! folders in which machines and homes are found again after any restart, and what [`Local::doctor`] says of this
//! computer. Everything true is on disk: two processes may serve the same folders, and either may be killed at any
//! moment, without a machine being lost or made twice.
//!
//! Must not know: the store, phases and plans, HTTP, what a template's apps are for.
//!
//! What isolates a machine: user, process, IPC, host name, control group, mount and network namespaces of its own
//! (the network has a loopback only, so there is no way out, and machines of one sandbox do not reach each other
//! either), no capabilities, no nested user namespaces, and a file system that is read-only but for its home and
//! `/tmp`. Not limited: the disk space of homes (`home.size_mib` and `disk_mib` only count for room). A service manager
//! that ends this process must not end the machines with it (systemd: `KillMode=process`).

mod agent;
mod bubblewrap;
mod change;
mod config;
mod doctor;
mod ensure;
mod fence;
mod files;
mod folders;
mod ground;
mod groups;
mod home;
mod launch;
mod observe;
mod process;
mod provider;
mod record;
mod remove;
mod room;
mod uids;

pub use config::{Config, Error};
pub use provider::Local;

#[cfg(test)]
mod tests;
