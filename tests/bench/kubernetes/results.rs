//! What came out, and how it is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::figures::{Spread, count, percentile, rounded};
use crate::report::{Goal, Limit, Section};

const PAIR_GOAL: f64 = 1.15;
const WALL_GOAL: f64 = 1.2;

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Results {
    pub(super) pairs: Vec<Pair>,
    pub(super) route_ms: Vec<f64>,
    pub(super) rounds: Vec<Round>,
}

/// One sandbox and one pod.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) sandbox_ms: f64,
    pub(super) bare_ms: f64,
}

/// Many of both.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Round {
    /// From the first create until the last sandbox had arrived.
    pub(super) sandboxes_ms: f64,
    /// Until the last create was answered.
    pub(super) accepted_ms: f64,
    /// From the first POST until the last pod was ready.
    pub(super) bare_ms: f64,
    /// The region's requests to the API server meanwhile.
    pub(super) requests: BTreeMap<String, usize>,
}

impl Results {
    /// As a section of the report.
    pub(super) fn section(&self, how: &str) -> Section {
        let (sandbox, bare) = (self.column(|pair| pair.sandbox_ms), self.column(|pair| pair.bare_ms));
        let walls = |of: fn(&Round) -> f64| self.rounds.iter().map(of).collect::<Vec<_>>();
        let (ours, peer) = (walls(|round| round.sandboxes_ms), walls(|round| round.bare_ms));
        let median = |figures: &[f64]| Spread::of(figures).median;
        let goal = |what, figure, most| Goal { what, figure, limit: Limit::AtMost(most) };
        Section {
            how: how.to_owned(),
            table: vec![
                ["what", "ms", "p50 ms", "p99 ms"].map(ToOwned::to_owned).to_vec(),
                row("create → ready", &sandbox),
                row("bare POST → ready", &bare),
                row("ready → route is live", &self.route_ms),
                row("many: creates → the last arrived", &ours),
                row("many: creates → all accepted", &walls(|round| round.accepted_ms)),
                row("many: bare POSTs → the last ready", &peer),
            ],
            goals: vec![
                goal("create → ready, p50, × a bare pod's", median(&sandbox) / median(&bare), PAIR_GOAL),
                goal("many, wall, × bare pods'", median(&ours) / median(&peer), WALL_GOAL),
            ],
            notes: vec![self.counts(), self.requests()],
            ..Section::default()
        }
    }

    fn column(&self, of: fn(&Pair) -> f64) -> Vec<f64> {
        self.pairs.iter().map(of).collect()
    }

    fn counts(&self) -> String {
        let ratios: Vec<_> = self.pairs.iter().map(|pair| pair.sandbox_ms / pair.bare_ms).collect();
        format!(
            "{} pairs, their ratios {}; {} rounds of many; {} routes.",
            self.pairs.len(),
            Spread::of(&ratios),
            self.rounds.len(),
            self.route_ms.len()
        )
    }

    /// How often the region asked the API server, for each sandbox.
    fn requests(&self) -> String {
        let mut all: BTreeMap<&str, usize> = BTreeMap::new();
        for (what, times) in self.rounds.iter().flat_map(|round| &round.requests) {
            *all.entry(what).or_default() += times;
        }
        let sandboxes = count(self.rounds.len()) * self.per_round();
        let total: usize = all.values().sum();
        let each: Vec<_> = all.iter().map(|(what, times)| format!("{times} {what}")).collect();
        let per = rounded(count(total) / sandboxes);
        format!(
            "Requests to the API server for each of the many, by its audit log: {per} ({}).",
            each.join(", ")
        )
    }

    fn per_round(&self) -> f64 {
        let posts = |round: &Round| round.requests.get("create pods").copied().unwrap_or_default();
        count(self.rounds.iter().map(posts).sum()) / count(self.rounds.len())
    }
}

fn row(what: &str, figures: &[f64]) -> Vec<String> {
    let [p50, p99] = [50, 99].map(|percent| rounded(percentile(&mut figures.to_vec(), percent)));
    vec![what.to_owned(), Spread::of(figures).to_string(), p50, p99]
}
