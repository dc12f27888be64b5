//! What the figures were measured on.

use std::process::Command;
use std::time::Duration;

use domain::time::{Clock as _, SystemClock};

/// How long a busy computer is given to become quiet.
const SETTLE_DEADLINE: Duration = Duration::from_secs(20);
/// Load below which nothing else counts.
const QUIET_LOAD: f64 = 0.5;

/// This computer, now.
#[derive(Debug)]
pub(crate) struct Machine {
    date: String,
    processor: String,
    cores: usize,
    memory_mib: u64,
    load: String,
}

impl Machine {
    /// Looks at it before a benchmark, once earlier work has faded, or not.
    pub(crate) fn look() -> anyhow::Result<Self> {
        let begun = std::time::Instant::now();
        while load()?.0 > QUIET_LOAD && begun.elapsed() < SETTLE_DEADLINE {
            std::thread::sleep(Duration::from_secs(1));
        }
        let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
        let processor = cpus.lines().find_map(|line| line.strip_prefix("model name"));
        let memory = std::fs::read_to_string("/proc/meminfo")?;
        let total = memory.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
        Ok(Self {
            date: SystemClock.now().to_string(),
            processor: processor.unwrap_or_default().trim_start_matches([' ', '\t', ':']).to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            memory_mib: total.unwrap_or_default() / 1024,
            load: load()?.1,
        })
    }

    /// One line.
    pub(crate) fn line(&self) -> String {
        let Self { date, processor, cores, memory_mib, load } = self;
        format!("{date} · {cores} cores ({processor}), {memory_mib} MiB · load before: {load}")
    }
}

/// The load of the last minute, and all three as text.
fn load() -> anyhow::Result<(f64, String)> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    let all: Vec<&str> = text.split_whitespace().take(3).collect();
    let first = all.first().and_then(|first| first.parse().ok()).unwrap_or_default();
    Ok((first, all.join(" ")))
}

/// The first line that a program says about its version.
pub(crate) fn version_of(program: &str, argument: &str) -> String {
    let Ok(output) = Command::new(program).arg(argument).output() else { return "unknown".to_owned() };
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&said).lines().next().unwrap_or_default().trim().to_owned()
}
