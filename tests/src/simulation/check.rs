//! What must hold after every operation.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::id::SandboxId;
use domain::phase::{Phase, Wanted};
use domain::provider::{Kind, Resource, ResourceId};
use domain::sandbox::Sandbox;

use super::world::World;

/// What earlier checks saw.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    /// Removals that have been judged.
    removals: usize,
    /// Sandboxes that were deleted.
    dead: BTreeSet<SandboxId>,
    /// Resources without a living owner, and the time that had passed when they were first seen.
    ownerless: BTreeMap<ResourceId, Duration>,
}

impl World {
    /// Checks the invariants that always hold.
    ///
    /// # Errors
    /// The first one that does not.
    pub async fn check(&mut self) -> Result<(), String> {
        if let Some(double) = self.cloud.doubles().first() {
            return Err(format!("two live resources for one machine: {double:?}"));
        }
        if let Some(id) = self.cloud.foreign_deletes().first() {
            return Err(format!("another region's resource was to be deleted: {}", id.0));
        }
        self.check_stored_first().await?;
        self.check_removals().await?;
        self.check_seats().await
    }

    /// Nothing exists that was not stored before: each machine's incarnation and number are in the store.
    async fn check_stored_first(&self) -> Result<(), String> {
        // A restored database has forgotten some, rightly.
        let ours =
            |r: &&Resource| r.kind == Kind::Machine && r.tags.region.as_str() == "bj" && !self.restored;
        for resource in self.cloud.resources().iter().filter(ours) {
            let Ok(sandbox) = self.store.sandboxes().get(&resource.tags.sandbox).await else { continue };
            let row = sandbox.status.machine(&resource.tags.machine);
            if row.is_some_and(|row| row.incarnation < resource.tags.incarnation) {
                return Err(format!("it exists but was not stored before: {resource:?}"));
            }
        }
        Ok(())
    }

    /// No machine is removed while its sandbox is meant to run on it, and what nobody owns only after the grace.
    async fn check_removals(&mut self) -> Result<(), String> {
        let removals = self.cloud.removals();
        let new = removals.iter().skip(self.sightings.removals);
        for removed in new.filter(|resource| resource.kind == Kind::Machine) {
            let sandbox = self.store.sandboxes().get(&removed.tags.sandbox).await;
            if sandbox.as_ref().is_ok_and(|sandbox| is_in_use(sandbox, removed)) {
                return Err(format!("a machine in use was removed: {removed:?}"));
            }
            self.check_grace(removed, matches!(sandbox, Err(store::Error::NotFound)))?;
        }
        self.sightings.removals = removals.len();
        self.note_ownerless().await;
        Ok(())
    }

    fn check_grace(&self, removed: &Resource, is_unknown: bool) -> Result<(), String> {
        let grace = Duration::from_secs(jobrunner::Config::default().sweep_grace_s);
        let was_swept = is_unknown || self.sightings.dead.contains(&removed.tags.sandbox);
        let seen_for =
            self.sightings.ownerless.get(&removed.id).map(|first| self.elapsed().saturating_sub(*first));
        if was_swept && seen_for.is_none_or(|time| time < grace) {
            return Err(format!("swept after {seen_for:?}, before the grace of {grace:?}: {removed:?}"));
        }
        Ok(())
    }

    async fn note_ownerless(&mut self) {
        let elapsed = self.elapsed();
        for resource in self.cloud.resources() {
            let owner = self.store.sandboxes().get(&resource.tags.sandbox).await;
            if owner.is_ok_and(|sandbox| sandbox.status.phase != Phase::Deleted) {
                continue;
            }
            self.sightings.ownerless.entry(resource.id).or_insert(elapsed);
        }
        for known in self.known.values() {
            let sandbox = self.store.sandboxes().get(&known.id).await;
            if sandbox.is_ok_and(|sandbox| sandbox.status.phase == Phase::Deleted) {
                self.sightings.dead.insert(known.id.clone());
            }
        }
    }

    /// No accepted create is lost, and nobody's wish is changed.
    async fn check_seats(&self) -> Result<(), String> {
        for (slot, known) in &self.known {
            let sandbox = self
                .store
                .sandboxes()
                .get(&known.id)
                .await
                .map_err(|e| format!("seat {slot} is lost: {e}"))?;
            if sandbox.intent.wanted != known.wanted {
                return Err(format!(
                    "seat {slot} is wanted {:?}, the platform said {:?}",
                    sandbox.intent.wanted, known.wanted
                ));
            }
        }
        Ok(())
    }
}

fn is_in_use(sandbox: &Sandbox, resource: &Resource) -> bool {
    let current = |row: &&domain::sandbox::Machine| {
        row.name == resource.tags.machine && row.incarnation == resource.tags.incarnation && !row.retired
    };
    let row = sandbox.status.machines.iter().find(current);
    sandbox.intent.wanted == Wanted::Running
        && matches!(sandbox.status.phase, Phase::Provisioning | Phase::Starting | Phase::Ready)
        && row.is_some_and(|row| row.home_generation == sandbox.intent.home_generation)
}
