//! Which campaign runs, for how long, and from which seed.

use std::time::Duration;

use domain::random::{OsRandom, Random as _};

use crate::{churn, fuzz};

/// Long campaigns against a region
#[derive(Debug, clap::Parser)]
pub(crate) struct Arguments {
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

/// Runs what was asked for, and says how to repeat it.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { campaign, seconds, seed } = arguments;
    let seed = seed.unwrap_or_else(|| OsRandom.u64());
    println!("{campaign:?}: {seconds} s, --seed {seed}");
    let length = Duration::from_secs(seconds);
    match campaign {
        Campaign::Fuzz => fuzz::run(seed, length).await,
        Campaign::Churn => churn::run(length).await,
    }
}
