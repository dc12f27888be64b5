//! The `region` program.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    region::run(region::Cli::parse()).await
}
