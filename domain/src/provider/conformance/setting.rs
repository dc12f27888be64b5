//! One sandbox of a check: makes specs, asks, waits.

use super::Bench;
use crate::id::{MachineName, SandboxId};
use crate::provider::{
    Batch, BatchId, Ensured, Kind, MachineSpec, Provider, Resource, ResourceId, State, StoreEpoch, Tags,
};
use crate::random::OsRandom;
use crate::template::{Machine, Network};

const DEADLINE_S: u64 = 3600;

/// A new sandbox on a bench.
pub struct Setting<'a> {
    bench: &'a dyn Bench,
    sandbox: SandboxId,
}

impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting").field("sandbox", &self.sandbox).finish_non_exhaustive()
    }
}

impl<'a> Setting<'a> {
    /// A sandbox that never was.
    #[must_use]
    pub fn new(bench: &'a dyn Bench) -> Self {
        Self { bench, sandbox: SandboxId::generate(&bench.region(), &OsRandom) }
    }

    /// The provider under test.
    #[must_use]
    pub fn provider(&self) -> &'a dyn Provider {
        self.bench.provider()
    }

    /// What the bench's machine needs, as this incarnation.
    #[must_use]
    pub fn spec(&self, incarnation: u64) -> MachineSpec {
        self.spec_of(self.bench.machine(), incarnation)
    }

    /// What a machine needs, as this incarnation.
    #[must_use]
    pub fn spec_of(&self, machine: Machine, incarnation: u64) -> MachineSpec {
        let tags = Tags {
            region: self.bench.region(),
            epoch: StoreEpoch("E1".to_owned()),
            sandbox: self.sandbox.clone(),
            machine: machine.name.clone(),
            incarnation,
            creation_number: 100 + incarnation,
        };
        let Ok(tenant) = "school-9".parse() else { unreachable!("the name follows its rule") };
        MachineSpec {
            tags,
            tenant,
            machine,
            peers: Vec::new(),
            network: Network::default(),
            home_generation: 1,
            deadline_s: DEADLINE_S,
            agent_keys: self.bench.agent_keys(),
        }
    }

    /// The batch of these members.
    #[must_use]
    pub fn batch(&self, members: Vec<MachineSpec>) -> Batch {
        Batch { id: BatchId { id: format!("batch-{}", self.sandbox), attempt: 1 }, members }
    }

    /// Asks for one machine.
    pub async fn ensure(&self, spec: MachineSpec) -> Ensured {
        let mut answers = self.provider().ensure(&self.batch(vec![spec])).await;
        assert_eq!(answers.len(), 1, "one answer for each member");
        answers.remove(0)
    }

    /// Asks for one machine that must be made.
    pub async fn made(&self, spec: MachineSpec) -> ResourceId {
        match self.ensure(spec).await {
            Ok(id) => id,
            Err(error) => unreachable!("the bench's machine is made, but: {error}"),
        }
    }

    /// The region's resources that `chosen` chooses.
    pub async fn resources(&self, chosen: impl Fn(&Resource) -> bool + Send) -> Vec<Resource> {
        match self.provider().list().await {
            Ok(listed) => listed.resources.into_iter().filter(|resource| chosen(resource)).collect(),
            Err(error) => unreachable!("the list is complete, but: {error}"),
        }
    }

    /// This sandbox's machines.
    pub async fn machines(&self) -> Vec<Resource> {
        self.resources(|resource| resource.kind == Kind::Machine && resource.tags.sandbox == self.sandbox)
            .await
    }

    /// This sandbox's homes.
    pub async fn homes(&self) -> Vec<Resource> {
        self.resources(|resource| resource.kind == Kind::Home && resource.tags.sandbox == self.sandbox).await
    }

    /// Waits until this sandbox's machines are as `holds` says, and gives them.
    pub async fn machines_until(
        &self,
        what: &str,
        holds: impl Fn(&[Resource]) -> bool + Send + Sync,
    ) -> Vec<Resource> {
        for _ in 0..self.bench.pauses_max() {
            let machines = self.machines().await;
            if holds(&machines) {
                return machines;
            }
            self.bench.pause().await;
        }
        unreachable!("{what}: {:?}", self.machines().await)
    }

    /// Waits until this machine runs and has an address, and gives it.
    pub async fn runs(&self, id: &ResourceId) -> Resource {
        let running = |r: &&Resource| &r.id == id && r.state == State::Running && r.address.is_some();
        let machines = self.machines_until("it runs", |all| all.iter().any(|r| running(&r))).await;
        let Some(machine) = machines.iter().find(running) else { unreachable!("it was there") };
        machine.clone()
    }

    /// Removes these and waits until none is listed.
    pub async fn remove(&self, ids: Vec<ResourceId>) {
        assert_eq!(self.provider().delete(&ids).await, Ok(()));
        for _ in 0..self.bench.pauses_max() {
            if self.resources(|resource| ids.contains(&resource.id)).await.is_empty() {
                return;
            }
            self.bench.pause().await;
        }
        unreachable!("not removed: {ids:?}")
    }

    /// Removes everything of this sandbox.
    pub async fn clean(&self) {
        for kind in [Kind::Machine, Kind::Home] {
            let all = self.resources(|r| r.kind == kind && r.tags.sandbox == self.sandbox).await;
            self.remove(all.into_iter().map(|resource| resource.id).collect()).await;
        }
    }

    /// The bench's machine under another name.
    #[must_use]
    pub fn named(&self, name: &str) -> Machine {
        let Ok(name) = name.parse::<MachineName>() else { unreachable!("{name} follows its rule") };
        Machine { name, ..self.bench.machine() }
    }
}
