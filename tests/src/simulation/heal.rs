//! The end of a case: faults end, time passes, and everything must come to rest where it is wanted.

use std::time::Duration;

use domain::phase::{Phase, Wanted};
use domain::provider::{Kind, Resource};
use domain::sandbox::Sandbox;

use super::op::Name;
use super::world::{Known, World};

/// Time that passes in a round: less than a lease, so that whoever leads goes on leading.
const ROUND: Duration = Duration::from_secs(2);
/// Rounds of both jobrunners within which everything settles.
const ROUNDS_MAX: usize = 200;
/// Rounds that one leads for before the other does: longer than the sweep's grace, as sightings of one lead are not
/// another's.
const ROUNDS_OF_A_LEAD: usize = 50;
/// Rounds of watching that nothing is removed: longer than the sweep's grace.
const ROUNDS_OF_QUARANTINE: usize = 45;

impl World {
    /// Ends all faults and waits until everything is where it is wanted.
    ///
    /// # Errors
    /// An invariant that does not hold, or what did not come to rest.
    pub async fn heal(&mut self) -> Result<(), String> {
        self.cloud.clear_script();
        self.release();
        self.cloud.land_late();
        self.settle().await;
        if self.restored {
            self.check_quarantine().await?;
        }
        let mut unsettled = String::new();
        for round in 0..ROUNDS_MAX {
            let name = if (round / ROUNDS_OF_A_LEAD).is_multiple_of(2) { Name::A } else { Name::B };
            self.tick(name).await;
            self.check().await.map_err(|violation| format!("while healing: {violation}"))?;
            match self.unsettled().await? {
                None => return self.check_foreign(),
                Some(what) => unsettled = what,
            }
            self.pass(ROUND);
        }
        Err(format!("not settled after {ROUNDS_MAX} rounds: {unsettled}"))
    }

    /// What the restored database doesn't know stays untouched until an operator accepts it.
    async fn check_quarantine(&mut self) -> Result<(), String> {
        let counter = self.store.status().creation_counter().await.map_err(|e| e.to_string())?;
        let epoch = self.store.epoch();
        let unknown = |r: &Resource| {
            r.tags.region.as_str() == "bj" && r.tags.epoch == epoch && r.tags.creation_number > counter
        };
        let before: Vec<_> = self.cloud.resources().into_iter().filter(unknown).collect();
        for _ in 0..ROUNDS_OF_QUARANTINE {
            self.tick(Name::A).await;
            self.check().await.map_err(|violation| format!("in quarantine: {violation}"))?;
            self.pass(ROUND);
        }
        let after = self.cloud.resources();
        if let Some(gone) = before.iter().find(|resource| !after.iter().any(|r| r.id == resource.id)) {
            return Err(format!("a restored database's unknown resource was removed: {gone:?}"));
        }
        self.store.region().accept_epoch().await.map(drop).map_err(|e| e.to_string())
    }

    async fn unsettled(&self) -> Result<Option<String>, String> {
        let mut machines_wanted = 0;
        for (slot, known) in &self.known {
            let sandbox = self.store.sandboxes().get(&known.id).await.map_err(|e| e.to_string())?;
            if !is_settled(&sandbox, known) {
                return Ok(Some(format!(
                    "seat {slot} is {}, cause {:?}",
                    sandbox.status.phase, sandbox.status.cause
                )));
            }
            machines_wanted += usize::from(sandbox.status.phase == Phase::Ready);
        }
        let resources = self.cloud.resources();
        let ours = resources.iter().filter(|r| r.kind == Kind::Machine && r.tags.region.as_str() == "bj");
        let machines = ours.count();
        Ok((machines != machines_wanted)
            .then(|| format!("{machines} machines exist, {machines_wanted} are wanted: {resources:?}")))
    }

    fn check_foreign(&self) -> Result<(), String> {
        let resources = self.cloud.resources();
        match self.foreign.iter().find(|foreign| !resources.iter().any(|r| r.id == foreign.id)) {
            Some(gone) => Err(format!("a foreign resource is gone: {gone:?}")),
            None => Ok(()),
        }
    }
}

fn is_settled(sandbox: &Sandbox, known: &Known) -> bool {
    let phase = sandbox.status.phase;
    match known.wanted {
        // A place in the queue is a rest too, when the others take all the room.
        Wanted::Running => matches!(phase, Phase::Ready | Phase::Failed | Phase::Queued),
        Wanted::Stopped => phase == Phase::Stopped,
        Wanted::Deleted => phase == Phase::Deleted,
    }
}
