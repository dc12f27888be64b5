//! The proxy as a program of its own.

mod program;

use std::process::ExitCode;

use clap::Parser as _;
use program::{Arguments, Program};
use runtime::Telemetry;

#[tokio::main]
async fn main() -> ExitCode {
    run(Arguments::parse()).await.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let loaded = arguments.config.load::<Program>()?;
    if arguments.config.print_config {
        print!("{}", loaded.print()?);
        return Ok(ExitCode::SUCCESS);
    }
    let telemetry = Telemetry::install(&loaded.value.telemetry)?;
    loaded.value.run(&telemetry).await
}
