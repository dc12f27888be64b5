//! The API server answers slowly for a minute, and stands still again and again; watches are cut, and compacted. Towards
//! the end writes get no answer in time.

use std::time::{Duration, Instant};

use crate::chaos::platform::Platform;
use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::explained::says;
use crate::chaos::pods::kinds::PLAIN;
use crate::chaos::pods::road::Road;
use crate::chaos::pods::scene::Scene;
use crate::chaos::pods::weather::Weather;
use crate::cluster::command;

const SLOW: Duration = Duration::from_secs(60);
/// Of that, until writes get no answer.
const ANSWERS: Duration = Duration::from_secs(36);
/// The longest that an answer takes.
const ANSWER_MS: u32 = 6_000;
/// The longest that an answer to a read takes while there is none for writes.
const READ_MS: u32 = 3_000;
/// How long the API server itself stands still, and then goes on.
const STANDS: Duration = Duration::from_millis(1_500);
const GOES_ON: Duration = Duration::from_millis(2_500);
/// Watches are cut at every so many pulses.
const PULSES_PER_CUT: u32 = 3;
/// More than there are kinds of objects that are watched, twice.
const WATCHES: u32 = 8;
/// A request is given up after 15 s, and others may have come before it.
const SILENT_MAX: Duration = Duration::from_secs(45);

/// A sandbox that is asked for while every request is answered in the end moves on all the time, from phase to phase: its
/// phase says all that there is to say, and that no step takes long is heard for all sandboxes ([`super::super::words`]).
/// One that is asked for while writes are not answered waits, and says so.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    let Scene { crowd, road, platform, .. } = scene;
    crowd.gather();
    let asked = crowd.create("asked-while-slow", PLAIN).await?;
    let (waits, told) = crowd
        .while_well(async {
            let begun = Instant::now();
            road.set(Weather::Slow(ANSWER_MS));
            pulse(road, begun).await?;
            road.set(Weather::Stuck(READ_MS));
            let waiting = stuck(platform).await?;
            tokio::time::sleep(SLOW.saturating_sub(begun.elapsed())).await;
            road.set(Weather::Fair);
            Ok(waiting)
        })
        .await?;
    crowd
        .while_well(async {
            for id in [&asked, &waits] {
                platform.phase(id, Some("ready"), SETTLE_MAX).await?;
            }
            platform.delete(&waits).await
        })
        .await?;
    Ok(vec![told])
}

/// The API server stands still and goes on; now and then watches end, and every other time what they ask for is compacted.
async fn pulse(road: &Road, begun: Instant) -> anyhow::Result<()> {
    for nth in 1_u32.. {
        if begun.elapsed() > ANSWERS {
            break;
        }
        command(&["freeze", "apiserver"]).await?;
        tokio::time::sleep(STANDS).await;
        command(&["thaw", "apiserver"]).await?;
        tokio::time::sleep(GOES_ON).await;
        if nth.is_multiple_of(PULSES_PER_CUT) {
            let is_even = nth.is_multiple_of(2 * PULSES_PER_CUT);
            road.compact(if is_even { 0 } else { WATCHES });
            road.cut();
        }
    }
    Ok(())
}

/// Somebody waits for an answer that does not come; who that is, and what it says.
async fn stuck(platform: &Platform) -> anyhow::Result<(String, &'static str)> {
    let waits = platform.create("asked-while-stuck", PLAIN, "school-9").await?;
    let waits = waits["id"].as_str().unwrap_or_default().to_owned();
    let told = says(platform, &waits, "provider_unavailable", SILENT_MAX).await?;
    Ok((waits, told))
}
