//! `make soak`: hostile bytes against every parser that faces them, and churn that must leave nothing behind. Each
//! campaign is bounded by time and prints the seed that repeats it.

mod churn;
mod fuzz;
mod mutate;

use std::time::Duration;

use clap::Parser as _;
use domain::random::{OsRandom, Random as _};

/// Long campaigns against a region
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// Which
    #[command(subcommand)]
    campaign: Campaign,
    /// How long, in seconds
    #[arg(long, global = true, default_value_t = 60)]
    seconds: u64,
    /// Repeats a campaign; a new one without
    #[arg(long, global = true)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum Campaign {
    /// Mutated bytes against token, template, API, proxy and agent
    Fuzz,
    /// Create, stop, start, delete; then nothing may be left
    Churn,
}

fn main() -> anyhow::Result<()> {
    let Arguments { campaign, seconds, seed } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| OsRandom.u64());
    println!("{campaign:?}: {seconds} s, --seed {seed}");
    let length = Duration::from_secs(seconds);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match campaign {
            Campaign::Fuzz => fuzz::run(seed, length).await,
            Campaign::Churn => churn::run(length).await,
        }
    })
}
