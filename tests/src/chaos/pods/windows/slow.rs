//! The API server answers slowly for a minute, and stands still again and again; watches are cut, and compacted.

use std::time::{Duration, Instant};

use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::kinds::PLAIN;
use crate::chaos::pods::scene::Scene;
use crate::chaos::pods::weather::Weather;
use crate::cluster::command;

const SLOW: Duration = Duration::from_secs(60);
/// The longest that an answer takes.
const ANSWER_MS: u32 = 6_000;
/// How long the API server itself stands still, and then goes on.
const STANDS: Duration = Duration::from_millis(1_500);
const GOES_ON: Duration = Duration::from_millis(2_500);
/// More than there are kinds of objects that are watched, twice.
const WATCHES: u32 = 8;

/// A sandbox that is asked for becomes ready meanwhile.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    let Scene { crowd, road, platform, .. } = scene;
    crowd.gather();
    let asked = crowd.create("asked-while-slow", PLAIN).await?;
    crowd
        .while_well(async {
            let begun = Instant::now();
            road.set(Weather::Slow(ANSWER_MS));
            let mut pulses = 0;
            while begun.elapsed() < SLOW {
                command(&["freeze", "apiserver"]).await?;
                tokio::time::sleep(STANDS).await;
                command(&["thaw", "apiserver"]).await?;
                tokio::time::sleep(GOES_ON).await;
                pulses += 1;
                if pulses % 3 == 0 {
                    road.compact(if pulses % 2 == 0 { WATCHES } else { 0 });
                    road.cut();
                }
            }
            road.set(Weather::Fair);
            platform.phase(&asked, Some("ready"), SETTLE_MAX).await
        })
        .await?;
    Ok(Vec::new())
}
