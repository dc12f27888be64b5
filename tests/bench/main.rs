//! `make bench`: how fast and how large a region is, beside peers in the same run. Each benchmark writes its own
//! section of docs/benchmarks.md.

mod creates;
mod figures;
mod kubernetes;
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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // And so is what measures in the network of a cluster.
    if let Some(order) = kubernetes::order_of(std::env::args()) {
        return runtime.block_on(kubernetes::measure(&order));
    }
    let arguments = run::Arguments::parse();
    runtime.block_on(run::run(arguments))
}
