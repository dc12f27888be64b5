//! What must hold after every operation.

use std::collections::btree_map::Entry;
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

/// The sandboxes as one check sees them, each read once: the checks ask for the same few again and again.
type Seen = BTreeMap<SandboxId, Option<Sandbox>>;

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
        let (resources, removals) = (self.cloud.resources(), self.cloud.removals());
        let removed = removals.get(self.sightings.removals..).unwrap_or_default();
        let seen = self.look(resources.iter().chain(removed)).await?;
        self.check_stored_first(&resources, &seen)?;
        removed.iter().try_for_each(|resource| self.check_removal(resource, &seen))?;
        self.sightings.removals = removals.len();
        self.note_ownerless(resources, &seen);
        self.check_seats(&seen)
    }

    /// Reads the sandboxes of these resources and of every seat.
    async fn look(&self, resources: impl Iterator<Item = &Resource>) -> Result<Seen, String> {
        let seats = self.known.values().map(|known| &known.id);
        let mut seen = Seen::new();
        for id in resources.map(|resource| &resource.tags.sandbox).chain(seats) {
            let Entry::Vacant(place) = seen.entry(id.clone()) else { continue };
            match self.store.sandboxes().get(id).await {
                Ok(sandbox) => drop(place.insert(Some(sandbox))),
                Err(store::Error::NotFound) => drop(place.insert(None)),
                Err(error) => return Err(format!("{id} cannot be read: {error}")),
            }
        }
        Ok(seen)
    }

    /// Nothing exists that was not stored before: each machine's incarnation and number are in the store.
    fn check_stored_first(&self, resources: &[Resource], seen: &Seen) -> Result<(), String> {
        // A restored database has forgotten some, rightly.
        let ours =
            |r: &&Resource| r.kind == Kind::Machine && r.tags.region.as_str() == "bj" && !self.restored;
        for resource in resources.iter().filter(ours) {
            let Some(sandbox) = owner(seen, resource) else { continue };
            let row = sandbox.status.machine(&resource.tags.machine);
            if row.is_some_and(|row| row.incarnation < resource.tags.incarnation) {
                return Err(format!("it exists but was not stored before: {resource:?}"));
            }
        }
        Ok(())
    }

    /// No machine is removed while its sandbox is meant to run on it, and what nobody owns only after the grace.
    fn check_removal(&self, removed: &Resource, seen: &Seen) -> Result<(), String> {
        if removed.kind != Kind::Machine {
            return Ok(());
        }
        let sandbox = owner(seen, removed);
        if sandbox.is_some_and(|sandbox| is_in_use(sandbox, removed)) {
            return Err(format!("a machine in use was removed: {removed:?}"));
        }
        self.check_grace(removed, sandbox.is_none())
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

    fn note_ownerless(&mut self, resources: Vec<Resource>, seen: &Seen) {
        let elapsed = self.elapsed();
        for resource in resources {
            if owner(seen, &resource).is_none_or(is_dead) {
                self.sightings.ownerless.entry(resource.id).or_insert(elapsed);
            }
        }
        for known in self.known.values() {
            if seen.get(&known.id).and_then(Option::as_ref).is_some_and(is_dead) {
                self.sightings.dead.insert(known.id.clone());
            }
        }
    }

    /// No accepted create is lost, and nobody's wish is changed.
    fn check_seats(&self, seen: &Seen) -> Result<(), String> {
        for (slot, known) in &self.known {
            let Some(sandbox) = seen.get(&known.id).and_then(Option::as_ref) else {
                return Err(format!("seat {slot} is lost"));
            };
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

fn owner<'a>(seen: &'a Seen, resource: &Resource) -> Option<&'a Sandbox> {
    seen.get(&resource.tags.sandbox)?.as_ref()
}

fn is_dead(sandbox: &Sandbox) -> bool {
    sandbox.status.phase == Phase::Deleted
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
