//! Carries the operations out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::op::{Blow, Op, Whom};
use crate::processes::{Death, Fleet, Replica, Role};

/// A jobrunner that is armed has this long to lead and to pass its point.
const CRASH_MAX: Duration = Duration::from_secs(7);
/// A new process of a jobrunner waits for the lease within this time.
const START_MAX: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);
/// After it gave the lease up, a leader stays away long enough for the other to take it.
const STEP_ASIDE: Duration = Duration::from_millis(1_200);

/// Deals blows.
#[derive(Debug)]
pub(super) struct Striker<'f> {
    fleet: &'f Fleet,
    freezes: JoinSet<bool>,
    /// Freezes that hit.
    pub(super) frozen: usize,
    /// Points that were not passed in time.
    pub(super) not_reached: usize,
}

impl<'f> Striker<'f> {
    /// Nothing is struck yet.
    #[must_use]
    pub(super) fn new(fleet: &'f Fleet) -> Self {
        Self { fleet, freezes: JoinSet::new(), frozen: 0, not_reached: 0 }
    }

    /// Carries out one operation.
    pub(super) async fn strike(&mut self, op: Op) {
        tokio::time::sleep(op.pause).await;
        match op.blow {
            Blow::Kill(whom, down) => self.kill(whom, down).await,
            Blow::Freeze(whom, time) => {
                let replica = self.replica(whom).clone();
                self.freezes.spawn(async move { replica.freeze(time).await });
            }
            Blow::Crash(point, nth) => self.crash(point, nth).await,
        }
    }

    /// Waits until nobody is frozen any more.
    pub(super) async fn thaw(&mut self) {
        while let Some(was_there) = self.freezes.join_next().await {
            self.frozen += usize::from(was_there.unwrap_or(false));
        }
    }

    fn replica(&self, whom: Whom) -> &Arc<Replica> {
        match whom {
            Whom::Replica(role, index) => self.fleet.replica(role, index),
            Whom::Leader => self.fleet.replica(Role::Jobrunner, self.fleet.leader().unwrap_or(0)),
        }
    }

    async fn kill(&self, whom: Whom, down: Duration) {
        let replica = self.replica(whom).clone();
        let deadline = Instant::now() + START_MAX;
        // One that is down already is killed once it is there again.
        while !replica.kill(down) && Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
        }
    }

    /// The one that stands by is killed and comes back armed; then the leader steps aside.
    async fn crash(&mut self, point: &str, nth: u32) {
        let leader = self.fleet.leader().unwrap_or(0);
        let armed = self.fleet.replica(Role::Jobrunner, leader + 1).clone();
        armed.arm(format!("{point}:{nth}"));
        let life = armed.life();
        self.kill(Whom::Replica(Role::Jobrunner, armed.index), Duration::ZERO).await;
        until(START_MAX, || armed.life() > life && armed.log().contains("jobrunner runs")).await;
        self.fleet.replica(Role::Jobrunner, leader).terminate(STEP_ASIDE);
        if !until(CRASH_MAX, || armed.life() > life + 1).await {
            self.not_reached += 1;
            self.kill(Whom::Replica(Role::Jobrunner, armed.index), Duration::ZERO).await;
        }
    }
}

/// How the lives of all replicas ended: kills by role, crashes by point.
///
/// # Errors
/// A death that nobody meant.
pub(super) fn deaths(fleet: &Fleet) -> anyhow::Result<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    for replica in fleet.replicas() {
        for death in replica.deaths() {
            let name = match death {
                Death::Killed => format!("kill -9 {}", replica.role.name()),
                Death::Crashed(point) => format!("at {}", point.split(':').next().unwrap_or(&point)),
                Death::Stopped => continue,
                Death::Unexpected(how) => anyhow::bail!("a process ended by itself: {how}"),
            };
            *counts.entry(name).or_default() += 1;
        }
    }
    Ok(counts)
}

async fn until(patience: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !holds() {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(POLL).await;
    }
    true
}
