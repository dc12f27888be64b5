//! `make soak`: hostile bytes against every parser that faces them, and churn that must leave nothing behind. Each
//! campaign is bounded by time and prints the seed that repeats it.

mod churn;
mod fuzz;
mod mutate;
mod run;

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    let arguments = run::Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run::run(arguments))
}
