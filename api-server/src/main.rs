//! The api-server as a program of its own.

mod program;

use std::process::ExitCode;

use clap::Parser as _;
use program::{Arguments, Program};
use runtime::Telemetry;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let loaded = arguments.config.load::<Program>()?;
    if arguments.config.print_config {
        print!("{}", loaded.print()?);
        return Ok(ExitCode::SUCCESS);
    }
    let telemetry = Telemetry::install(&loaded.value.telemetry)?;
    loaded.value.run(&telemetry).await
}
