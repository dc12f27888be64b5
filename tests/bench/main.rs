//! `make bench`: how fast and how large a region is, beside peers in the same run. Each benchmark writes its own
//! section of docs/benchmarks.md.

mod creates;
mod figures;
mod machine;
mod memory;
mod mirror;
mod proxy;
mod report;
mod run;
mod start;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> anyhow::Result<ExitCode> {
    // The app that the benchmark of the proxy runs in a machine is this program too.
    if let Some(port) = proxy::app::port_of(std::env::args()) {
        return proxy::app::serve(port).map(|()| ExitCode::SUCCESS);
    }
    let arguments = run::Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run::run(arguments))
}
