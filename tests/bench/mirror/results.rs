//! All runs, and what is read from them.

use super::run::Run;
use super::scene::Scene;
use super::server::{SIDES, Side};
use crate::figures::Spread;

/// The runs of each side in each scene.
#[derive(Debug, Default)]
pub(super) struct Results(Vec<(Scene, Side, Run)>);

/// A figure of a run.
pub(super) type Figure = fn(&Run) -> f64;

const COLUMNS: [(&str, Figure); 8] = [
    ("cold, s", |run| run.cold.stampede.wall_s),
    ("upstream, ×", |run| run.upstream_times),
    ("first byte p50, ms", |run| run.cold.stampede.first_p50_ms),
    ("first byte max, ms", |run| run.cold.stampede.first_max_ms),
    ("cold CPU, s", |run| run.cold.cpu_s),
    ("warm, s", |run| run.warm.stampede.wall_s),
    ("warm CPU, s", |run| run.warm.cpu_s),
    ("peak RSS, MB", |run| run.peak_mb),
];

impl Results {
    pub(super) fn add(&mut self, scene: Scene, side: Side, run: Run) {
        self.0.push((scene, side, run));
    }

    /// A figure over the runs of a side in a scene, if there are any.
    pub(super) fn spread(&self, scene: Scene, side: Side, figure: Figure) -> Option<Spread> {
        let runs = self.0.iter().filter(|(at, by, _)| (*at, *by) == (scene, side));
        let figures: Vec<f64> = runs.map(|(_, _, run)| figure(run)).collect();
        (!figures.is_empty()).then(|| Spread::of(&figures))
    }

    /// Rows for the scenes, the columns' names first.
    pub(super) fn table(&self, scenes: &[Scene]) -> Vec<Vec<String>> {
        let names = ["pull", "server"].into_iter().chain(COLUMNS.map(|(name, _)| name));
        let mut table = vec![names.map(ToOwned::to_owned).collect()];
        for &scene in scenes {
            table.extend(SIDES.iter().filter_map(|&side| self.row(scene, side)));
        }
        table
    }

    fn row(&self, scene: Scene, side: Side) -> Option<Vec<String>> {
        let mut row = vec![scene.to_string(), side.name().to_owned()];
        for (_, figure) in COLUMNS {
            row.push(self.spread(scene, side, figure)?.to_string());
        }
        Some(row)
    }
}
