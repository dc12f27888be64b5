//! Which benchmarks run, how thoroughly, and where their sections go.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;

use crate::machine::Machine;
use crate::report::{self, Section};
use crate::table::{BENCHMARKS, Benchmark};

/// Measures a region and writes docs/benchmarks.md
#[derive(Debug, clap::Parser)]
pub(crate) struct Arguments {
    /// Which benchmarks; all without
    names: Vec<String>,
    /// The document whose sections are replaced; nothing is written without
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// As little as shows that it works; the figures mean nothing
    #[arg(long, conflicts_with = "write")]
    quick: bool,
}

/// How thoroughly to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Runs of each side, in turn with its peers.
    pub(crate) runs: usize,
    /// Length of a run under load.
    pub(crate) load: Duration,
    /// Sandboxes, or starts, one after another.
    pub(crate) times: usize,
}

const THOROUGH: Effort = Effort { runs: 3, load: Duration::from_secs(5), times: 50 };
const QUICK: Effort = Effort { runs: 1, load: Duration::from_secs(3), times: 3 };

/// Runs what was asked for. A goal that is not met is said, and no failure: the figure is the news.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let chosen = chosen(&arguments.names)?;
    let effort = if arguments.quick { QUICK } else { THOROUGH };
    for benchmark in chosen {
        eprintln!("bench {} …", benchmark.name);
        let machine = Machine::look()?;
        let section = measured(benchmark, effort).await?;
        let text = report::section(benchmark, &machine, &section);
        println!("{text}");
        if let Some(file) = &arguments.write {
            report::replace(file, benchmark.name, &text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Benchmark>> {
    for name in names {
        let known: Vec<&str> = BENCHMARKS.iter().map(|benchmark| benchmark.name).collect();
        ensure!(known.contains(&name.as_str()), "no benchmark {name}; there are {}", known.join(", "));
    }
    let is_chosen = |name: &str| names.is_empty() || names.iter().any(|asked| asked == name);
    Ok(BENCHMARKS.iter().filter(|benchmark| is_chosen(benchmark.name)).collect())
}

async fn measured(benchmark: &Benchmark, effort: Effort) -> anyhow::Result<Section> {
    (benchmark.run)(effort).await.map_err(|error| error.context(format!("benchmark {}", benchmark.name)))
}
