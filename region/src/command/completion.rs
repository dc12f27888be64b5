//! `region completion SHELL`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{Cli, Error, output};

/// Which shell.
#[derive(Debug, clap::Args)]
pub struct CompletionArgs {
    /// Shell, for example: source <(region completion bash)
    pub shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &CompletionArgs) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "region", &mut script);
    output::bytes(&script)
}
