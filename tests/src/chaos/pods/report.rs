//! What a campaign has shown, in figures.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::inspector::Inspected;
use super::tally::Counts;
use super::words::Heard;
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
    /// Requests of the cluster's account, none of which was denied for want of rights.
    pub(super) rightful: usize,
    /// Objects of others, which were not touched.
    pub(super) strangers: usize,
    /// Sandboxes of another region, which were not touched.
    pub(super) neighbours: usize,
    pub(super) terminals: Vec<Seen>,
    pub(super) inspected: Inspected,
    pub(super) wall: Duration,
}

/// The figures of one window.
#[derive(Debug)]
pub(super) struct Struck {
    pub(super) name: &'static str,
    /// Sandboxes that were created.
    pub(super) cases: u64,
    /// Causes that certain sandboxes said.
    pub(super) told: Vec<&'static str>,
    /// What all that waited said.
    pub(super) heard: Heard,
    /// What has hit, and how often.
    pub(super) faults: Counts,
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

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, cases, told, heard, faults, took, settled, gone } = self;
        writeln!(
            f,
            "  {name}: {cases} cases, {took:.0?}; settled after {settled:.1?}, gone after {gone:.1?}"
        )?;
        let counted: Vec<_> = faults.iter().map(|(fault, count)| format!("{count} {fault}")).collect();
        writeln!(f, "    happened: {}", counted.join(", "))?;
        let all: Vec<_> = heard.causes.iter().map(String::as_str).collect();
        writeln!(f, "    said: {}; by those that were asked: {}", all.join(", "), told.join(", "))?;
        writeln!(f, "    longest wait without a word: {:.1?} ({})", heard.silence, heard.silent)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "faults seed {}: {} cases in {} windows", self.seed, self.cases(), self.windows.len())?;
        for struck in &self.windows {
            write!(f, "{struck}")?;
        }
        for (name, count) in &self.deaths {
            writeln!(f, "  {count:3} {name}")?;
        }
        let (asked, spoilt) = self.asked;
        writeln!(f, "  {asked} requests to the API server, {spoilt} of them delayed, refused or lost")?;
        writeln!(f, "  {} requests with the chart's rights, none denied", self.rightful)?;
        let Inspected { looks: (looks, lists), machines, homes, networks } = &self.inspected;
        writeln!(f, "  {} machines seen, {looks} looks at processes, {lists} at the API", machines.len())?;
        writeln!(
            f,
            "  {} homes seen mounted, {} services and policies of sandboxes",
            homes.len(),
            networks.len()
        )?;
        let (strangers, neighbours) = (self.strangers, self.neighbours);
        writeln!(
            f,
            "  {strangers} objects of others and {neighbours} sandboxes of another region untouched"
        )?;
        for Seen { lines, connections, longest_silence } in &self.terminals {
            writeln!(
                f,
                "  a terminal: {lines} lines, {connections} connections, silent {longest_silence:.1?} at most"
            )?;
        }
        write!(f, "  wall {:.0?}", self.wall)
    }
}
