//! The tick that removes what nobody owns any more, and nothing else.
//!
//! A resource is swept only when it carries this region's id and a known epoch, its sandbox is deleted or unknown,
//! two lists have shown it with the grace time between them, and the brake agrees. Everything else is reported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::SandboxId;
use domain::provider::{Kind, Resource, ResourceId, State};
use domain::sandbox::Sandbox;
use domain::time::Timestamp;
use parking_lot::Mutex;
use runtime::{BoxError, Next, Tick};

use crate::{Context, Error, restored};

const SECONDS_PER_DAY: u64 = 24 * 3600;
/// How long the home of a sandbox that is not known at all is kept, in days.
const UNKNOWN_HOME_DAYS: u64 = 7;

/// Compares the real inventory with the store.
#[derive(Debug)]
pub struct Sweep {
    ctx: Arc<Context>,
    seen: Mutex<BTreeMap<ResourceId, Sighting>>,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    first: Timestamp,
    last: Timestamp,
}

/// What a sweep found to do.
#[derive(Debug, Default)]
struct Found {
    orphans: Vec<(&'static str, ResourceId)>,
    expired_homes: Vec<(&'static str, ResourceId)>,
    dropped_homes: Vec<(&'static str, ResourceId, Timestamp)>,
    machines: u64,
}

impl Sweep {
    /// A sweep that has seen nothing yet.
    #[must_use]
    pub fn new(ctx: Arc<Context>) -> Self {
        Self { ctx, seen: Mutex::default() }
    }

    async fn sweep(&self) -> Result<Next, Error> {
        if self.ctx.leadership.term(&*self.ctx.clock).is_none() {
            // Sightings of an earlier lead are not this one's.
            self.seen.lock().clear();
            return Ok(Next::Idle);
        }
        let listed = self.ctx.providers.list().await;
        let epochs = restored::check(&self.ctx, &listed).await?;
        if listed.failures().next().is_some() || !epochs.accepted {
            return Ok(Next::Idle);
        }
        // Read after the list: a sandbox that was created meanwhile is known.
        let live: BTreeMap<_, _> =
            self.ctx.store.sandboxes().live().await?.into_iter().map(|s| (s.intent.id.clone(), s)).collect();
        let mut found = Found::default();
        for (runs, resource) in listed.resources().filter(|(_, r)| restored::is_known(&epochs, &r.tags)) {
            self.judge(&mut found, runs, resource, &live).await?;
        }
        self.forget_gone(listed.resources().map(|(_, resource)| &resource.id).collect());
        self.act(found).await?;
        Ok(Next::Idle)
    }

    async fn judge(
        &self,
        found: &mut Found,
        runs: &'static str,
        resource: &Resource,
        live: &BTreeMap<SandboxId, Sandbox>,
    ) -> Result<(), Error> {
        let owner = live.get(&resource.tags.sandbox);
        match resource.kind {
            Kind::Machine => {
                found.machines += 1;
                let is_orphan = owner.is_none() && resource.state != State::Deleting;
                if is_orphan && self.was_seen_before(resource) {
                    found.orphans.push((runs, resource.id.clone()));
                }
            }
            Kind::Home => self.judge_home(found, runs, resource, owner).await?,
        }
        Ok(())
    }

    /// A home that its sandbox no longer uses gets an expiry tag, and is swept after it.
    async fn judge_home(
        &self,
        found: &mut Found,
        runs: &'static str,
        home: &Resource,
        owner: Option<&Sandbox>,
    ) -> Result<(), Error> {
        if owner.is_some_and(|sandbox| sandbox.intent.home_generation == home.tags.incarnation) {
            return Ok(());
        }
        let now = self.ctx.now();
        match home.expires_at {
            Some(at) if at <= now && self.was_seen_before(home) => {
                found.expired_homes.push((runs, home.id.clone()))
            }
            Some(_) => {}
            None => {
                let until = now.plus_s(self.keep_days(&home.tags.sandbox).await? * SECONDS_PER_DAY);
                found.dropped_homes.push((runs, home.id.clone(), until));
            }
        }
        Ok(())
    }

    async fn keep_days(&self, id: &SandboxId) -> Result<u64, Error> {
        match self.ctx.store.sandboxes().get(id).await {
            Ok(sandbox) => Ok(self.ctx.template(&sandbox).await?.policy.keep_home_days),
            Err(store::Error::NotFound) => Ok(UNKNOWN_HOME_DAYS),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes a sighting; answers whether it is at least the second, long enough after the first.
    fn was_seen_before(&self, resource: &Resource) -> bool {
        let now = self.ctx.now();
        #[cfg(feature = "testing")]
        if self.ctx.planted.sweep_without_second_sighting() {
            return true;
        }
        let mut seen = self.seen.lock();
        let sighting = seen.entry(resource.id.clone()).or_insert(Sighting { first: now, last: now });
        let is_second = sighting.last < now;
        sighting.last = now;
        is_second && now >= sighting.first.plus_s(self.ctx.config.sweep_grace_s)
    }

    fn forget_gone(&self, there: BTreeSet<&ResourceId>) {
        self.seen.lock().retain(|id, _| there.contains(id));
    }

    async fn act(&self, found: Found) -> Result<(), Error> {
        for (runs, home, until) in &found.dropped_homes {
            let Some(provider) = self.ctx.providers.of(runs) else { continue };
            provider
                .keep_home(home, Some(*until))
                .await
                .map_err(|source| Error::Provider { runs, source })?;
        }
        if self.brake_holds(&found).await? {
            return Ok(());
        }
        for (runs, id) in &found.orphans {
            self.remove(runs, id, "nobody owns it").await?;
        }
        for (runs, id) in &found.expired_homes {
            self.remove(runs, id, "it was kept long enough").await?;
        }
        Ok(())
    }

    async fn remove(&self, runs: &str, id: &ResourceId, why: &str) -> Result<(), Error> {
        let Some(provider) = self.ctx.providers.of(runs) else { return Ok(()) };
        // Looked up once more right before: a sweep may be slow, and a leader may have been replaced.
        if self.ctx.leadership.term(&*self.ctx.clock).is_none() {
            return Ok(());
        }
        let runs = provider.runs();
        tracing::info!(provider.runs = runs, resource.id = %id.0, sweep.reason = why, "sweeping");
        provider.delete(std::slice::from_ref(id)).await.map_err(|source| Error::Provider { runs, source })
    }

    /// Whether so much would be deleted that a mistake of ours is likelier than a leak.
    async fn brake_holds(&self, found: &Found) -> Result<bool, Error> {
        let orphans = u64::try_from(found.orphans.len()).unwrap_or(u64::MAX);
        let share = found.machines * self.ctx.config.sweep_brake_percent / 100;
        let holds = orphans > self.ctx.config.sweep_brake_floor.max(share);
        let text = holds
            .then(|| format!("{orphans} of {} machines look ownerless; nothing is swept", found.machines));
        if let Some(text) = &text {
            tracing::error!(
                sweep.orphans = orphans,
                sweep.machines = found.machines,
                "the deletion brake holds: {text}"
            );
        }
        if text.is_some() || !self.ctx.store.region().alarms().await?.is_empty() {
            self.ctx.store.region().alarm(text).await?;
        }
        Ok(holds)
    }
}

impl Tick for Sweep {
    fn name(&self) -> &'static str {
        "sweep"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        Ok(self.sweep().await?)
    }
}
