//! The api-server as a program of its own.

mod program;

use std::process::ExitCode;

use clap::Parser as _;
use program::{Arguments, Program};

#[tokio::main]
async fn main() -> ExitCode {
    runtime::program::run(&Arguments::parse().config, Program::run).await
}
