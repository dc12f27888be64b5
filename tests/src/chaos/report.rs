//! What a campaign has shown, in figures.

use std::collections::BTreeMap;
use std::time::Duration;

use super::terminals::Seen;

/// The figures of one campaign.
#[derive(Debug)]
pub struct Report {
    /// What it was made from.
    pub(super) seed: u64,
    /// Deaths by kind.
    pub(super) deaths: BTreeMap<String, usize>,
    /// Freezes longer than the lease.
    pub(super) frozen: usize,
    /// Points that no leader passed in time.
    pub(super) not_reached: usize,
    /// Sandboxes that were created.
    pub(super) created: u64,
    /// Machines that were asked for, and that lived.
    pub(super) machines: (u64, usize),
    /// Calls of the API that had to be made again.
    pub(super) retried: u64,
    /// Per sandbox: the time after the last restart until it was where it is wanted.
    pub(super) settled: Vec<Duration>,
    /// Time until nothing was left, after everything was deleted.
    pub(super) gone: Duration,
    /// Looks at the real machines.
    pub(super) looks: u64,
    /// The terminals.
    pub(super) terminals: Vec<Seen>,
    /// From the first blow to the last look.
    pub(super) wall: Duration,
}

impl Report {
    /// How many deaths there were.
    #[must_use]
    pub fn kills(&self) -> usize {
        self.deaths.values().sum()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut settled = self.settled.clone();
        settled.sort_unstable();
        let at = |nth: usize| settled.get(nth).copied().unwrap_or_default();
        let (least, middle, most) = (at(0), at(settled.len() / 2), at(settled.len().saturating_sub(1)));
        writeln!(f, "chaos seed {}: {} deaths, {} freezes", self.seed, self.kills(), self.frozen)?;
        for (name, count) in &self.deaths {
            writeln!(f, "  {count:3} {name}")?;
        }
        writeln!(f, "  {} points not reached in time", self.not_reached)?;
        let (asked, lived) = self.machines;
        writeln!(f, "  {} sandboxes created, {asked} machines asked for, {lived} seen", self.created)?;
        writeln!(f, "  {} calls made again, {} looks at the real machines", self.retried, self.looks)?;
        writeln!(
            f,
            "  settled after the last restart: min {least:.1?}, median {middle:.1?}, max {most:.1?}"
        )?;
        writeln!(f, "  everything gone {:.1?} after the last delete", self.gone)?;
        for seen in &self.terminals {
            let Seen { lines, connections, longest_silence } = seen;
            writeln!(
                f,
                "  a terminal: {lines} lines, {connections} connections, silent {longest_silence:.1?} at most"
            )?;
        }
        write!(f, "  wall {:.1?}", self.wall)
    }
}
