//! Two terminals that stay open through everything: one that counts by itself, and one that repeats what is typed.

use std::time::Duration;

use anyhow::{bail, ensure};
use tokio_util::sync::CancellationToken;

use super::tab::Tab;

/// Lines typed and not yet seen again.
const OUTSTANDING_MAX: u64 = 6;
const TYPE_INTERVAL: Duration = Duration::from_millis(60);
/// After the last blow a terminal must go on within this time.
const GO_ON_MAX: Duration = Duration::from_secs(10);
/// What the repeating program says when it is ready.
pub(super) const READY: &str = "go";

/// Checks that lines are numbered without a gap.
#[derive(Debug, Default)]
struct Lines {
    part: Vec<u8>,
    next: u64,
    ready: bool,
}

impl Lines {
    fn take(&mut self, output: &[u8]) -> anyhow::Result<()> {
        self.part.extend_from_slice(output);
        while let Some(end) = self.part.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.part.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if line == READY && !self.ready {
                self.ready = true;
                continue;
            }
            let next = self.next;
            ensure!(line == next.to_string(), "a terminal shows {line:?} where {next} should come");
            self.next += 1;
        }
        Ok(())
    }
}

/// What a terminal has seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Lines.
    pub(super) lines: u64,
    /// Connections.
    pub(super) connections: u64,
    /// The longest time without a word.
    pub(super) longest_silence: Duration,
}

/// Reads a terminal that counts, until `stop`, and then until it has gone on.
///
/// # Errors
/// A lost or doubled character, or silence after everything is over.
pub(super) async fn count(tab: Tab, stop: CancellationToken) -> anyhow::Result<Seen> {
    follow(tab, stop, false).await
}

/// Types numbered lines into a terminal that repeats them, until `stop`, and then until all have come back.
///
/// # Errors
/// A lost or doubled character, or silence after everything is over.
pub(super) async fn repeat(tab: Tab, stop: CancellationToken) -> anyhow::Result<Seen> {
    follow(tab, stop, true).await
}

async fn follow(mut tab: Tab, stop: CancellationToken, types: bool) -> anyhow::Result<Seen> {
    let (mut lines, mut typed) = (Lines::default(), 0);
    while !stop.is_cancelled() {
        if types && lines.ready && typed < lines.next + OUTSTANDING_MAX {
            tab.type_text(&format!("{typed}\n")).await;
            typed += 1;
        }
        if let Some(output) = tab.output(TYPE_INTERVAL).await? {
            lines.take(&output)?;
        }
    }
    let goal = if types { typed } else { lines.next + 1 };
    while lines.next < goal {
        match tab.output(GO_ON_MAX).await? {
            Some(output) => lines.take(&output)?,
            None => bail!("a terminal is silent at line {} of {goal}", lines.next),
        }
    }
    Ok(Seen { lines: lines.next, connections: tab.connections, longest_silence: tab.longest_silence })
}
