//! `region config`.

use runtime::config::Loaded;

use super::Invocation;
use crate::up::{UpArgs, UpConfig};
use crate::{Error, output};

/// The configuration of `region up`.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// Print the effective configuration without secrets, with the source of each value
    Print(Box<UpArgs>),
}

/// Runs one of them.
pub(crate) fn run(_: &Invocation, command: ConfigCommand) -> Result<(), Error> {
    let ConfigCommand::Print(args) = command;
    print(&args.load()?)
}

/// Prints a configuration as TOML.
pub(crate) fn print(loaded: &Loaded<UpConfig>) -> Result<(), Error> {
    let text = loaded.print().map_err(Error::failed)?;
    output::bytes(text.as_bytes())
}
