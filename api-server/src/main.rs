//! The api-server as a program of its own.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    api_server::role::run(api_server::role::Args::parse()).await
}
