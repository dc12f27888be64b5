//! The commands, one file each.

pub mod capacity;
pub mod completion;
pub mod config;
pub mod doctor;
pub mod events;
pub mod key;
pub mod login;
pub mod mirror;
pub mod role;
pub mod sandbox;
pub mod store;
pub mod template;
pub mod tenant;

mod open_store;
mod pair;
mod wait;

pub use open_store::StoreArgs;

use crate::language::Language;
use crate::output::Output;
use crate::profile::Connection;

/// What every command needs to know.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Where the region is.
    pub connection: Connection,
    /// How to print.
    pub output: Output,
    /// The language of prose.
    pub language: Language,
}
