//! The tick that moves every sandbox on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::cause::{Cause, Code};
use domain::id::{MachineName, SandboxId};
use domain::phase::Phase;
use domain::plan::{Observations, Probe, Step, plan};
use domain::provider::{Inventory, Resource};
use domain::sandbox::Sandbox;
use domain::template::Template;
use domain::time::Timestamp;
use domain::transition;
use parking_lot::Mutex;
use runtime::{BoxError, Next, Tick};
use store::{Expect, Term};
use tokio::task::{Id, JoinSet};

use crate::drive::{Drive, Ended};
use crate::providers::Listed;
use crate::restored;
use crate::{Context, Error};

/// Looks at everything and drives what is not as it should be. Slow work on one sandbox doesn't hold up the others:
/// each drive is a task of its own, owned here, and a sandbox has at most one.
#[derive(Debug)]
pub struct Reconciler {
    ctx: Arc<Context>,
    drives: Mutex<Drives>,
    health: Mutex<BTreeMap<SandboxId, BTreeMap<MachineName, Probe>>>,
}

#[derive(Debug, Default)]
struct Drives {
    running: JoinSet<Result<Ended, Error>>,
    sandboxes: BTreeMap<Id, Sandbox>,
    later: BTreeMap<SandboxId, Timestamp>,
}

impl Drives {
    /// Machines that don't answer may take half of all places, so that the other half goes on making machines.
    fn has_no_place_for(&self, sandbox: &Sandbox, places: usize) -> bool {
        let waits = |sandbox: &Sandbox| sandbox.status.phase == Phase::Starting;
        let waiting = self.sandboxes.values().filter(|driven| waits(driven)).count();
        self.sandboxes.len() >= places || (waits(sandbox) && waiting >= places.div_ceil(2))
    }
}

impl Reconciler {
    /// A reconciler without running drives.
    #[must_use]
    pub fn new(ctx: Arc<Context>) -> Self {
        Self { ctx, drives: Mutex::default(), health: Mutex::default() }
    }

    async fn look(&self) -> Result<Next, Error> {
        let acted = self.reap().await;
        let Some(term) = self.ctx.leadership.term(&*self.ctx.clock) else { return Ok(Next::Idle) };
        let listed = self.ctx.providers.list().await;
        for (runs, error) in listed.failures() {
            tracing::warn!(provider.runs = runs, %error, "no fresh list");
        }
        let epochs = restored::check(&self.ctx, &listed).await?;
        let mut sandboxes = self.ctx.store.sandboxes().live().await?;
        // What only waits for an answer wants to be looked at often, and must not keep others from being moved on.
        sandboxes.sort_by_key(|sandbox| sandbox.status.phase == Phase::Starting);
        let by_sandbox = listed.by_sandbox();
        let mut next = None;
        for sandbox in sandboxes {
            let resources = by_sandbox.get(&sandbox.intent.id).map_or(&[][..], Vec::as_slice);
            let quarantined = resources.iter().any(|resource| !restored::is_known(&epochs, &resource.tags));
            if quarantined || self.is_driven(&sandbox.intent.id) {
                continue;
            }
            let template = self.ctx.template(&sandbox).await?;
            let inventory = inventory(&listed, &template, resources);
            earliest(&mut next, self.consider(term, sandbox, template, inventory));
        }
        Ok(if acted { Next::Again } else { self.pause(next) })
    }

    /// Drives the sandbox if its plan says more than "nothing"; answers when to look again.
    fn consider(
        &self,
        term: Term,
        sandbox: Sandbox,
        template: Arc<Template>,
        listed: Option<Inventory>,
    ) -> Option<Timestamp> {
        let now = self.ctx.now();
        let probes = self.health.lock().get(&sandbox.intent.id).cloned().unwrap_or_default();
        let seen = Observations { listed, probes };
        let is_due = self.drives.lock().later.get(&sandbox.intent.id).is_none_or(|at| *at <= now);
        let reached = sandbox.status.observed_generation == sandbox.intent.generation;
        let starting = sandbox.status.phase == Phase::Starting;
        match plan(&sandbox, &template, &seen, now) {
            Step::Nothing if reached || matches!(sandbox.status.phase, Phase::Failed | Phase::Queued) => {
                return None;
            }
            Step::WaitUntil(at) if !starting => return Some(at),
            Step::WaitUntil(_) if !is_due => {
                return self.drives.lock().later.get(&sandbox.intent.id).copied();
            }
            _ => {}
        }
        self.spawn(Drive {
            ctx: self.ctx.clone(),
            term,
            sandbox,
            template,
            listed: seen.listed,
            probes: seen.probes,
        });
        None
    }

    fn spawn(&self, drive: Drive) {
        let mut drives = self.drives.lock();
        let sandbox = drive.sandbox.clone();
        if drives.has_no_place_for(&sandbox, self.ctx.config.concurrent_sandboxes) {
            return;
        }
        drives.later.remove(&sandbox.intent.id);
        let wake = self.ctx.wakes.reconcile.clone();
        let handle = drives.running.spawn(async move {
            let ended = drive.run().await;
            wake.notify_one();
            ended
        });
        drives.sandboxes.insert(handle.id(), sandbox);
    }

    fn is_driven(&self, id: &SandboxId) -> bool {
        self.drives.lock().sandboxes.values().any(|sandbox| &sandbox.intent.id == id)
    }

    /// Takes in drives that ended. A panic over one sandbox fails that sandbox; the region lives.
    async fn reap(&self) -> bool {
        let mut acted = false;
        let mut panicked = Vec::new();
        {
            let mut drives = self.drives.lock();
            while let Some(ended) = drives.running.try_join_next_with_id() {
                let id = match &ended {
                    Ok((id, _)) => *id,
                    Err(error) => error.id(),
                };
                let Some(sandbox) = drives.sandboxes.remove(&id) else { continue };
                match ended {
                    Ok((_, Ok(Ended::Acted))) => acted = true,
                    Ok((_, Ok(Ended::At(at)))) => {
                        drives.later.insert(sandbox.intent.id, at);
                    }
                    Ok((_, Ok(Ended::Settled))) => {}
                    // Somebody else wrote first, by right: the next look starts from what they wrote.
                    Ok((_, Err(Error::Store(store::Error::Conflict)))) => acted = true,
                    Ok((_, Err(error))) => {
                        tracing::warn!(sandbox.id = %sandbox.intent.id, %error, "not moved on; trying again");
                        drives.later.insert(sandbox.intent.id, self.ctx.now().plus_s(1));
                    }
                    Err(error) if error.is_panic() => panicked.push(sandbox),
                    Err(_) => {}
                }
            }
        }
        for sandbox in panicked {
            self.fail(sandbox).await;
        }
        acted
    }

    async fn fail(&self, sandbox: Sandbox) {
        let Some(term) = self.ctx.leadership.term(&*self.ctx.clock) else { return };
        let id = &sandbox.intent.id;
        if !sandbox.status.phase.may_become(Phase::Failed) {
            return;
        }
        let now = self.ctx.now();
        let cause = Cause::new(Code::Internal, sandbox.status.phase, now);
        let status = transition::moved(&sandbox, Phase::Failed, Some(cause), now);
        let expect = Expect { generation: sandbox.intent.generation, revision: sandbox.status.revision };
        if let Err(error) =
            self.ctx.store.status().record(term, id, expect, &status, &["phase", "cause"]).await
        {
            tracing::error!(sandbox.id = %id, %error, "a sandbox that made us panic could not be failed");
        }
    }

    fn pause(&self, next: Option<Timestamp>) -> Next {
        let mut next = next;
        let drives = self.drives.lock();
        for at in drives.later.values() {
            earliest(&mut next, Some(*at));
        }
        match next {
            // Never a busy loop, even when a moment is already past.
            Some(at) => Next::After(at.since(self.ctx.now()).max(Duration::from_millis(20))),
            None => Next::Idle,
        }
    }

    /// Takes in drives that ended: for tests, which step by hand.
    #[cfg(feature = "testing")]
    pub async fn take_in(&self) {
        self.reap().await;
    }

    /// Looks at the main programs of ready sandboxes, whose end no provider's list shows.
    ///
    /// # Errors
    /// The store's.
    pub async fn check_health(&self) -> Result<(), Error> {
        if self.ctx.leadership.term(&*self.ctx.clock).is_none() {
            return Ok(());
        }
        let sandboxes = self.ctx.store.sandboxes().live().await?;
        let ready: Vec<_> =
            sandboxes.into_iter().filter(|sandbox| sandbox.status.phase == Phase::Ready).collect();
        let mut found = BTreeMap::new();
        for chunk in ready.chunks(self.ctx.config.concurrent_sandboxes) {
            let each = chunk.iter().map(|sandbox| self.exits(sandbox));
            found.extend(futures_util::future::join_all(each).await.into_iter().flatten());
        }
        let any = !found.is_empty();
        *self.health.lock() = found;
        if any {
            self.ctx.wakes.reconcile.notify_one();
        }
        Ok(())
    }

    /// The machines of a ready sandbox whose main program has ended.
    async fn exits(&self, sandbox: &Sandbox) -> Option<(SandboxId, BTreeMap<MachineName, Probe>)> {
        let template = self.ctx.template(sandbox).await.ok()?;
        let mut exits = BTreeMap::new();
        for row in &sandbox.status.machines {
            let door = self.ctx.door(sandbox, row, &[domain::token::Verb::Probe])?;
            let probe = self.ctx.agents.probe(&door, template.machine(&row.name)?).await;
            if matches!(probe, Probe::Exited(_)) {
                exits.insert(row.name.clone(), probe);
            }
        }
        (!exits.is_empty()).then(|| (sandbox.intent.id.clone(), exits))
    }

    /// The sandboxes that are worked on right now.
    #[must_use]
    pub fn driven(&self) -> BTreeSet<SandboxId> {
        self.drives.lock().sandboxes.values().map(|sandbox| sandbox.intent.id.clone()).collect()
    }
}

fn inventory(listed: &Listed, template: &Template, resources: &[&Resource]) -> Option<Inventory> {
    let as_of = listed.as_of(template)?;
    Some(Inventory { as_of, resources: resources.iter().map(|resource| (*resource).clone()).collect() })
}

fn earliest(next: &mut Option<Timestamp>, at: Option<Timestamp>) {
    *next = match (*next, at) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
}

impl Tick for Reconciler {
    fn name(&self) -> &'static str {
        "reconcile"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        Ok(self.look().await?)
    }
}
