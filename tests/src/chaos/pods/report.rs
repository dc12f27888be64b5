//! What a campaign has shown, in figures.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::chaos::terminals::Seen;

/// The figures of one campaign.
#[derive(Debug, Default)]
pub struct Report {
    /// What it was made from.
    pub(super) seed: u64,
    pub(super) windows: Vec<Struck>,
    /// Deaths by kind.
    pub(super) deaths: BTreeMap<String, usize>,
    /// Requests of the region to the API server, and those that did not come through as they should.
    pub(super) asked: (u64, u64),
    /// Objects of others, which were not touched.
    pub(super) strangers: usize,
    pub(super) terminals: Vec<Seen>,
    /// Looks at the processes, and lists of the API.
    pub(super) looks: (u64, u64),
    /// Machines that lived.
    pub(super) machines: usize,
    pub(super) wall: Duration,
}

/// The figures of one window.
#[derive(Debug)]
pub(super) struct Struck {
    pub(super) name: &'static str,
    /// Sandboxes that were created.
    pub(super) cases: u64,
    /// Causes that sandboxes said.
    pub(super) told: Vec<&'static str>,
    pub(super) took: Duration,
    /// Until everything was where it was wanted.
    pub(super) settled: Duration,
    /// Until nothing was left of what was deleted.
    pub(super) gone: Duration,
}

impl Report {
    /// Sandboxes that lived through a window.
    #[must_use]
    pub fn cases(&self) -> u64 {
        self.windows.iter().map(|window| window.cases).sum()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "faults seed {}: {} cases in {} windows", self.seed, self.cases(), self.windows.len())?;
        for Struck { name, cases, told, took, settled, gone } in &self.windows {
            writeln!(
                f,
                "  {name}: {cases} cases, {took:.0?}; settled after {settled:.1?}, gone after {gone:.1?}"
            )?;
            writeln!(f, "    said: {}", told.join(", "))?;
        }
        for (name, count) in &self.deaths {
            writeln!(f, "  {count:3} {name}")?;
        }
        let (asked, spoilt) = self.asked;
        writeln!(f, "  {asked} requests to the API server, {spoilt} of them delayed, refused or lost")?;
        let (looks, lists) = self.looks;
        writeln!(f, "  {} machines seen, {looks} looks at processes, {lists} at the API", self.machines)?;
        writeln!(f, "  {} objects of others untouched", self.strangers)?;
        for Seen { lines, connections, longest_silence } in &self.terminals {
            writeln!(
                f,
                "  a terminal: {lines} lines, {connections} connections, silent {longest_silence:.1?} at most"
            )?;
        }
        write!(f, "  wall {:.0?}", self.wall)
    }
}
