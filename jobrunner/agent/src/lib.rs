//! The agent: the one door into a machine.
//!
//! Owns what happens inside one machine: its main command, terminals, commands, files, connections to its ports, and
//! the check that a caller's token was signed by the region for this very machine.
//! It must know nothing of the region beyond its public keys and its own name: no store, no provider, none of our
//! other crates, so that an old agent goes on working with new proxies for as long as its machine lives.

mod args;
mod bind;
mod clock;
mod command;
mod connect;
mod detach;
mod door;
mod exec;
mod files;
mod install;
mod listen;
mod lock;
mod log;
mod main_command;
mod place;
mod probe;
mod problem;
mod reach;
mod reaper;
mod serve;
mod terminal;
#[cfg(test)]
mod testing;
mod token;

use std::ffi::OsString;
use std::process::ExitCode;

use args::Invocation;

/// Runs the program with its arguments (without its own name) until it is told to stop. The exit code is 0 after a
/// clean stop, 2 for arguments that make no sense, 75 when another agent holds the lock, 1 for any other failure.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match args::parse(arguments) {
        Ok(Invocation::Serve(options)) if options.detach => detach::detach(&options.listen),
        Ok(Invocation::Serve(options)) => serve::serve(*options),
        Ok(Invocation::Install(path)) => install::install(&path),
        Ok(Invocation::Reach(address, patience)) => reach::reach(address, patience),
        Ok(Invocation::Version) => {
            println!("agent {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Ok(Invocation::Help) => {
            println!("{}", args::HELP);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("agent: {error}\n\n{}", args::HELP);
            ExitCode::from(2)
        }
    }
}
