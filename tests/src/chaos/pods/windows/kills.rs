//! A part of the first window: jobrunners die between any two calls and stand still longer than their lease, in storms of refusals.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::chaos::op::{Blow, Dice, Op, Whom, generate};
use crate::chaos::platform::Platform;
use crate::chaos::pods::SETTLE_MAX;
use crate::chaos::pods::explained::says;
use crate::chaos::pods::kinds::PLAIN;
use crate::chaos::pods::road::{Moment, Road};
use crate::chaos::pods::scene::Scene;
use crate::chaos::pods::tally::{Fault, Tally};
use crate::chaos::pods::weather::Weather;
use crate::chaos::pods::words::Words;
use crate::chaos::striker::Striker;
use crate::outside::until;
use crate::processes::{Fleet, Role};

const STRUCK: Duration = Duration::from_secs(40);
/// It goes on so long if a fault that is wanted has not hit by then.
const STRUCK_MAX: Duration = Duration::from_secs(80);
/// Somebody writes within this time.
const WRITE_MAX: Duration = Duration::from_secs(6);
/// A killed process' connections have ended within this time.
const DEATH_MAX: Duration = Duration::from_secs(2);
/// One operation in so many is a death at a write.
const OPS_PER_WRITE: u64 = 2;
/// One operation in so many happens in a storm.
const OPS_PER_STORM: u64 = 3;
/// A lead must be lost, and found again, and a call be refused.
const SILENT_MAX: Duration = Duration::from_secs(30);
/// Longer than a leader's lease.
const FREEZE: Op =
    Op { pause: Duration::ZERO, blow: Blow::Freeze(Whom::Leader, Duration::from_millis(3_500)) };
/// What must have hit, and what somebody must have said of it.
///
/// A death or a freeze alone makes nobody wait long enough to be told: another leads once the lease is over, 2.5 s here
/// and 5 s in a region, and goes on from what is stored. What waits does so for the storm, and says so.
const WANTED: [Fault; 6] = [
    Fault::DiedBeforeEffect,
    Fault::DiedBeforeAnswer,
    Fault::Refused(429),
    Fault::Refused(409),
    Fault::AnswerLost,
    Fault::Frozen,
];
const SAID: &str = "provider_throttled";

/// The seed's operations against jobrunners, until the time is over; then the credentials are too old for a while.
/// Sandboxes come and go meanwhile, so that there are calls to die between.
pub(super) async fn run(scene: &mut Scene) -> anyhow::Result<Vec<&'static str>> {
    let Scene { seed, crowd, road, platform, fleet, tally, words, .. } = scene;
    let guests = crowd.guests();
    let strikes = Strikes { seed: *seed, road, fleet, tally, words };
    crowd
        .while_well(async {
            tokio::select! {
                () = strikes.carry_out() => (),
                left = guests.come_and_go(PLAIN) => left?,
            }
            Ok(vec![expire(road, platform).await?])
        })
        .await
}

/// Credentials are refused, until they are renewed.
async fn expire(road: &Road, platform: &Platform) -> anyhow::Result<&'static str> {
    road.set(Weather::Expired);
    let waits = platform.create("asked-with-old-credentials", PLAIN, "school-9").await?;
    let waits = waits["id"].as_str().unwrap_or_default().to_owned();
    let told = says(platform, &waits, "provider_unavailable", SILENT_MAX).await?;
    road.set(Weather::Fair);
    platform.phase(&waits, Some("ready"), SETTLE_MAX).await?;
    platform.delete(&waits).await?;
    Ok(told)
}

/// Blows against jobrunners, in changing weather.
struct Strikes<'s> {
    seed: u64,
    road: &'s Road,
    fleet: &'s Fleet,
    tally: &'s Tally,
    words: &'s Words,
}

impl Strikes<'_> {
    async fn carry_out(&self) {
        let (begun, mut dice) = (Instant::now(), Dice::new(self.seed, u64::from(u32::MAX)));
        let mut striker = Striker::new(self.fleet);
        // The seed may have no freeze in so short a time.
        let mut ops = std::iter::once(FREEZE).chain(generate(self.seed).filter(is_about_jobrunners));
        let mut moments = [Moment::Before, Moment::After].into_iter().cycle();
        if dice.below(2) == 0 {
            moments.next();
        }
        for nth in 0_u64.. {
            let is_late = begun.elapsed() > STRUCK;
            if is_late && (self.have_hit(&mut striker).await || begun.elapsed() > STRUCK_MAX) {
                break;
            }
            let storms = nth.is_multiple_of(OPS_PER_STORM);
            self.road.set(if storms { Weather::Storm } else { Weather::Fair });
            if nth.is_multiple_of(OPS_PER_WRITE)
                && let Some(moment) = moments.next()
            {
                self.kill_at_a_write(moment).await;
            } else if is_late && self.tally.count(Fault::Frozen) == 0 {
                striker.strike(FREEZE).await;
            } else if let Some(op) = ops.next() {
                striker.strike(op).await;
            }
        }
        self.count_freezes(&mut striker).await;
    }

    /// Whether there is nothing more to wait for.
    async fn have_hit(&self, striker: &mut Striker<'_>) -> bool {
        self.count_freezes(striker).await;
        WANTED.into_iter().all(|fault| self.tally.count(fault) > 0) && self.words.has(SAID)
    }

    /// Waits until nobody is frozen any more.
    async fn count_freezes(&self, striker: &mut Striker<'_>) {
        striker.thaw().await;
        let frozen = u64::try_from(std::mem::take(&mut striker.frozen)).unwrap_or_default();
        self.tally.add(Fault::Frozen, frozen);
    }

    /// The leader dies just before its next write to the API server comes through, or before it hears that it was done.
    /// The road counts it only if the one that died is the one that wrote.
    async fn kill_at_a_write(&self, moment: Moment) {
        let deaths = || self.tally.count(moment.fault());
        let before = deaths();
        if timeout(WRITE_MAX, self.road.hold(moment)).await.is_ok() {
            // Two may take themselves for the leader; the one that wrote is among them.
            let leader = self.fleet.leader();
            for index in (0..2).filter(|index| leader.is_none_or(|leader| leader == *index)) {
                self.fleet.replica(Role::Jobrunner, index).kill(Duration::ZERO);
            }
            // What is let go earlier might still reach it. One that did not die is not counted, and tried again.
            let died = until("the writer is gone", DEATH_MAX, async || Ok((deaths() > before).then_some(())));
            let _ = died.await;
        }
        self.road.go_on();
    }
}

fn is_about_jobrunners(op: &Op) -> bool {
    match op.blow {
        Blow::Kill(whom, _) | Blow::Freeze(whom, _) => {
            matches!(whom, Whom::Leader | Whom::Replica(Role::Jobrunner, _))
        }
        Blow::Crash(..) => true,
    }
}
