//! The commands, one file each.

pub mod capacity;
pub mod completion;
pub mod events;
pub mod sandbox;
pub mod template;
pub mod tenant;

mod pair;
mod wait;

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
