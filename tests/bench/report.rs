//! The document: one section for each benchmark, between markers, so that each can be measured again alone.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::figures::rounded;
use crate::machine::Machine;
use crate::table::{BENCHMARKS, Benchmark};

const HEADING: &str = "# Benchmarks

Written by `make bench`; `make bench S=name` measures one section again. Figures are minimum / median / maximum of the
runs unless a column says otherwise; runs of ours and of a peer take turns. Everything (region, peers, load) shares
the cores of one computer, so ratios say more than figures alone.
";

/// What a benchmark has to say.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// How it was measured, in Markdown.
    pub(crate) how: String,
    /// The peers' versions.
    pub(crate) peers: Vec<String>,
    /// The first row names the columns.
    pub(crate) table: Vec<Vec<String>>,
    /// What was promised.
    pub(crate) goals: Vec<Goal>,
    /// What to know when reading the figures.
    pub(crate) notes: Vec<String>,
}

/// A promise and the figure that it is held to.
#[derive(Debug)]
pub(crate) struct Goal {
    /// What, with its unit.
    pub(crate) what: &'static str,
    /// What came out.
    pub(crate) figure: f64,
    /// What was promised.
    pub(crate) limit: Limit,
}

/// A bound.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Goal {
    fn line(&self) -> String {
        let Self { what, figure, limit } = self;
        let (is_met, bound) = match *limit {
            Limit::AtMost(most) => (*figure <= most, format!("≤ {most}")),
            Limit::AtLeast(least) => (*figure >= least, format!("≥ {least}")),
        };
        let verdict = if is_met { "met" } else { "NOT met" };
        format!("- Goal {what} {bound}: **{verdict}**, {}", rounded(*figure))
    }
}

/// The text of a section.
pub(crate) fn section(benchmark: &Benchmark, machine: &Machine, section: &Section) -> String {
    let Section { how, peers, table, goals, notes } = section;
    let mut text = format!("## {}\n\n{how}\n\n", benchmark.title);
    for (index, row) in table.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if index == 0 {
            let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
        }
    }
    let _ = writeln!(text);
    let lines = goals.iter().map(Goal::line).chain(notes.iter().map(|note| format!("- {note}")));
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "- `make bench S={}` · {}", benchmark.name, machine.line());
    if !peers.is_empty() {
        let _ = writeln!(text, "- Beside {}", peers.join("; "));
    }
    text
}

/// Puts a section in its place of the document, which is made when there is none.
pub(crate) fn replace(file: &Path, name: &str, section: &str) -> anyhow::Result<()> {
    let old = std::fs::read_to_string(file).unwrap_or_default();
    let kept = |other: &str| if other == name { Some(section.trim()) } else { between(&old, other) };
    let mut text = HEADING.to_owned();
    for benchmark in &BENCHMARKS {
        if let Some(body) = kept(benchmark.name) {
            let (begin, end) = markers(benchmark.name);
            let _ = write!(text, "\n{begin}\n{body}\n{end}\n");
        }
    }
    std::fs::write(file, text).with_context(|| file.display().to_string())
}

fn markers(name: &str) -> (String, String) {
    (format!("<!-- {name} -->"), format!("<!-- end of {name} -->"))
}

fn between<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (begin, end) = markers(name);
    let (_, rest) = text.split_once(&begin)?;
    rest.split_once(&end).map(|(body, _)| body.trim())
}
