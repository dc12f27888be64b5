//! The `region` program: every role in one process (`region up`), each role alone, and the commands with which
//! operators and integrators look at and steer any region.
//!
//! Owns: the command line, what it prints, the state folder of `region up`, the sample templates, and the wiring of
//! stores and providers into roles.
//!
//! Must not know: SQL, how machines run, or what plan comes next; it asks the API, and the store where the API has
//! no way (keys, login links, backups).

pub mod api;
pub mod cli;
pub mod command;
pub mod error;
pub mod explain;
pub mod language;
pub mod output;
pub mod problem;
pub mod profile;
pub mod samples;

mod private_file;
mod run;
mod up;

pub use cli::Cli;
pub use error::Error;
pub use run::run;
