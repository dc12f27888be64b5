//! What was promised of the mirror.

use super::results::{Figure, Results};
use super::scene::Scene;
use super::server::{SIDES, Side};
use super::upstream::BURST_S;
use crate::report::{Goal, Limit};

const UPSTREAM: Figure = |run| run.upstream_times;
const COLD: Figure = |run| run.cold.stampede.wall_s;
const WARM: Figure = |run| run.warm.stampede.wall_s;
const FIRST: Figure = |run| run.cold.stampede.first_max_ms;
const PEAK: Figure = |run| run.peak_mb;

/// Goals are held by medians but for the upstream's, which no run may miss.
pub(super) fn goals(results: &Results, scenes: &[Scene]) -> Vec<Goal> {
    let large = Scene::Blob(32);
    let ours = |scene, figure| results.spread(scene, Side::Ours, figure).map(|spread| spread.median);
    let most = |figures: &mut dyn Iterator<Item = f64>| figures.reduce(f64::max);
    let fetched = |&scene: &Scene| results.spread(scene, Side::Ours, UPSTREAM).map(|spread| spread.max);
    let slower = |&scene: &Scene| Some(times(ours(scene, COLD)?, fastest_peer(results, scene, COLD)?));
    let nginx = results.spread(large, Side::Nginx, WARM).map(|spread| spread.median);
    let throughput = ours(large, WARM).zip(nginx).map(|(ours, nginx)| nginx / ours);
    let all = [
        (
            "upstream in every scene, × the content",
            most(&mut scenes.iter().filter_map(fetched)),
            Limit::AtMost(1.0),
        ),
        (
            "cold wall in every scene, × the fastest peer's",
            most(&mut scenes.iter().filter_map(slower)),
            Limit::AtMost(1.0),
        ),
        ("first byte, the last of 32 clients, ms", ours(large, FIRST), Limit::AtMost(70.0)),
        ("warm throughput at N = 32, × nginx's", throughput, Limit::AtLeast(1.0)),
        ("peak RSS at N = 32, MB", ours(large, PEAK), Limit::AtMost(100.0)),
    ];
    let goal = |(what, figure, limit): (_, Option<f64>, _)| Some(Goal { what, figure: figure?, limit });
    all.into_iter().filter_map(goal).collect()
}

/// How many times as long; as long when the upstream's burst alone may be the difference.
fn times(ours_s: f64, peer_s: f64) -> f64 {
    let times = ours_s / peer_s;
    if ours_s - peer_s <= BURST_S { times.min(1.0) } else { times }
}

fn fastest_peer(results: &Results, scene: Scene, figure: Figure) -> Option<f64> {
    let peers = SIDES.iter().filter(|side| **side != Side::Ours);
    let walls = peers.filter_map(|side| results.spread(scene, *side, figure));
    walls.map(|spread| spread.median).reduce(f64::min)
}
