//! A part of the first window: jobrunners die between any two calls and stand still longer than their lease, in storms of refusals.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::chaos::op::{Blow, Dice, Op, Whom, generate};
use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::explained::says;
use crate::chaos::pods::kinds::PLAIN;
use crate::chaos::pods::road::{Moment, Road};
use crate::chaos::pods::scene::Scene;
use crate::chaos::pods::weather::Weather;
use crate::chaos::striker::Striker;
use crate::processes::{Fleet, Role};

const STRUCK: Duration = Duration::from_secs(40);
/// Somebody writes within this time.
const WRITE_MAX: Duration = Duration::from_secs(6);
/// One operation in so many is a death at a write.
const OPS_PER_WRITE: u64 = 2;
/// One operation in so many happens in a storm.
const OPS_PER_STORM: u64 = 3;
/// A lead must be lost, and found again, and a call be refused.
const SILENT_MAX: Duration = Duration::from_secs(30);

/// The seed's operations against jobrunners, until the time is over; then the credentials are too old for a while.
/// Sandboxes come and go meanwhile, so that there are calls to die between.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    let Scene { seed, crowd, road, platform, fleet, .. } = scene;
    let guests = crowd.guests();
    crowd
        .while_well(async {
            tokio::select! {
                () = strike(*seed, road, fleet) => (),
                left = guests.come_and_go(PLAIN) => left?,
            }
            road.set(Weather::Expired);
            let waits = platform.create("asked-with-old-credentials", PLAIN, "school-9").await?;
            let waits = waits["id"].as_str().unwrap_or_default().to_owned();
            let told = says(platform, &waits, "provider_unavailable", SILENT_MAX).await?;
            road.set(Weather::Fair);
            platform.phase(&waits, Some("ready"), SETTLE_MAX).await?;
            platform.delete(&waits).await?;
            Ok(vec![told])
        })
        .await
}

async fn strike(seed: u64, road: &Road, fleet: &Fleet) {
    let (begun, mut dice) = (Instant::now(), Dice::new(seed, u64::from(u32::MAX)));
    let mut striker = Striker::new(fleet);
    let mut ops = generate(seed).filter(is_about_jobrunners);
    for nth in 0_u64.. {
        if begun.elapsed() > STRUCK {
            break;
        }
        let storms = nth.is_multiple_of(OPS_PER_STORM);
        road.set(if storms { Weather::Storm } else { Weather::Fair });
        if nth.is_multiple_of(OPS_PER_WRITE) {
            let moment = if dice.below(2) == 0 { Moment::Before } else { Moment::After };
            kill_at_a_write(road, fleet, moment).await;
        } else if let Some(op) = ops.next() {
            striker.strike(op).await;
        }
    }
    striker.thaw().await;
}

/// The leader dies just before its next write to the API server comes through, or before it hears that it was done.
async fn kill_at_a_write(road: &Road, fleet: &Fleet, moment: Moment) {
    if timeout(WRITE_MAX, road.hold(moment)).await.is_ok() {
        // Two may take themselves for the leader; the one that wrote is among them.
        let leader = fleet.leader();
        for index in (0..2).filter(|index| leader.is_none_or(|leader| leader == *index)) {
            fleet.replica(Role::Jobrunner, index).kill(Duration::ZERO);
        }
    }
    road.go_on();
}

fn is_about_jobrunners(op: &Op) -> bool {
    match op.blow {
        Blow::Kill(whom, _) | Blow::Freeze(whom, _) => {
            matches!(whom, Whom::Leader | Whom::Replica(Role::Jobrunner, _))
        }
        Blow::Crash(..) => true,
    }
}
