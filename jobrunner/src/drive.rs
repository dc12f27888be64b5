//! One sandbox, moved on as far as it goes now: look, plan, store, act, store.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::cause::{Cause, Code};
use domain::id::MachineName;
use domain::phase::Phase;
use domain::plan::{Observations, Probe, Step, plan};
use domain::provider::{
    Batch, BatchId, Ensured, Error as ProviderError, Inventory, MachineSpec, ResourceId, Tags,
};
use domain::sandbox::{Sandbox, Status};
use domain::template::Template;
use domain::time::Timestamp;
use domain::token::Verb;
use domain::transition;
use futures_util::future::join_all;
use store::{Expect, Term};

use crate::agents::Given;
use crate::{Context, Error};

/// Steps of one drive; more are taken by the next tick.
const STEPS_MAX: usize = 8;

/// What a drive works on.
#[derive(Debug)]
pub(crate) struct Drive {
    pub(crate) ctx: Arc<Context>,
    pub(crate) term: Term,
    pub(crate) sandbox: Sandbox,
    pub(crate) template: Arc<Template>,
    pub(crate) listed: Option<Inventory>,
    pub(crate) probes: BTreeMap<MachineName, Probe>,
}

/// When the sandbox wants to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// When something changes.
    Settled,
    /// At that moment, or when something changes.
    At(Timestamp),
    /// As soon as there is a fresh list: something was done.
    Acted,
}

impl Drive {
    /// Takes steps until there is nothing to do, something must be waited for, or the list is no longer fresh.
    pub(crate) async fn run(mut self) -> Result<Ended, Error> {
        for _ in 0..STEPS_MAX {
            if self.ctx.leadership.term(&*self.ctx.clock) != Some(self.term) {
                return Ok(Ended::Settled);
            }
            if let Some(ended) = self.step().await? {
                return Ok(ended);
            }
        }
        Ok(Ended::Acted)
    }

    async fn step(&mut self) -> Result<Option<Ended>, Error> {
        self.probe_when_starting().await;
        let seen = Observations { listed: self.listed.clone(), probes: self.probes.clone() };
        let now = self.ctx.now();
        match plan(&self.sandbox, &self.template, &seen, now) {
            Step::Nothing => self.catch_up().await.map(|()| Some(Ended::Settled)),
            Step::WaitUntil(at) => Ok(Some(Ended::At(at))),
            Step::Explain(cause) => self.explain(cause).await.map(|()| None),
            Step::Move { to, cause } => self.move_to(to, cause).await.map(|()| None),
            Step::Create(names) => self.create(&names).await.map(|()| Some(Ended::Acted)),
            Step::Ensure(names) => self.ask_again(&names).await.map(|()| Some(Ended::Acted)),
            Step::Retire { machines, cause } => self.retire(&machines, cause).await.map(|()| None),
            Step::Delete(resources) => self.delete(&resources).await.map(|()| Some(Ended::Acted)),
            Step::Bind => self.bind().await.map(|()| None),
        }
    }

    async fn probe_when_starting(&mut self) {
        if self.sandbox.status.phase != Phase::Starting || self.listed.is_none() {
            return;
        }
        let probes =
            self.sandbox.status.machines.iter().filter(|machine| !machine.retired).map(|row| async {
                let door = self.ctx.door(&self.sandbox, row, &[Verb::Probe]);
                match (door, self.template.machine(&row.name)) {
                    (Some(door), Some(machine)) => {
                        (row.name.clone(), self.ctx.agents.probe(&door, machine).await)
                    }
                    _ => (row.name.clone(), Probe::NotYet),
                }
            });
        self.probes = join_all(probes).await.into_iter().collect();
    }

    /// Compare-and-set; what comes back is what the next step plans from.
    async fn record(&mut self, status: Status, changed: &[&'static str]) -> Result<(), Error> {
        let expect =
            Expect { generation: self.sandbox.intent.generation, revision: self.sandbox.status.revision };
        let id = self.sandbox.intent.id.clone();
        self.sandbox = self.ctx.store.status().record(self.term, &id, expect, &status, changed).await?;
        Ok(())
    }

    /// A command that changes nothing is reached at once.
    async fn catch_up(&mut self) -> Result<(), Error> {
        let Sandbox { intent, status } = &self.sandbox;
        // A waiting one is moved by admission, which says so then; a failed one waits to be asked.
        let waits = matches!(status.phase, Phase::Failed | Phase::Queued);
        if status.observed_generation == intent.generation || waits {
            return Ok(());
        }
        let status = Status { observed_generation: intent.generation, ..status.clone() };
        self.record(status, &["observed_generation"]).await
    }

    async fn explain(&mut self, cause: Option<Cause>) -> Result<(), Error> {
        self.record(Status { cause, ..self.sandbox.status.clone() }, &["cause"]).await
    }

    async fn move_to(&mut self, to: Phase, cause: Option<Cause>) -> Result<(), Error> {
        let mut status = transition::moved(&self.sandbox, to, cause, self.ctx.now());
        if let (Phase::Starting, Some(listed)) = (to, &self.listed) {
            status = transition::located(status, listed);
        }
        self.record(status, &["phase"]).await?;
        tracing::info!(sandbox.id = %self.sandbox.intent.id, sandbox.phase = %to, "moved");
        if to == Phase::Queued {
            self.ctx.wakes.admission.notify_one();
        }
        Ok(())
    }

    async fn create(&mut self, names: &[MachineName]) -> Result<(), Error> {
        let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
        let first = self.ctx.store.status().creation_numbers(self.term, count).await?;
        let status = transition::created(&self.sandbox, names, first, self.ctx.now());
        #[cfg(feature = "testing")]
        self.ctx.pause.here().await;
        #[cfg(feature = "testing")]
        if let Some(stored) = self.planted_create(&status).await {
            return self.ensure(names, stored).await;
        }
        self.record(status, &[]).await?;
        #[cfg(feature = "testing")]
        crate::testing::crash_point("create.stored");
        self.ensure(names, true).await
    }

    async fn ask_again(&mut self, names: &[MachineName]) -> Result<(), Error> {
        let status = transition::asked_again(&self.sandbox.status, names, self.ctx.now());
        self.record(status, &[]).await?;
        self.ensure(names, true).await
    }

    /// Asks the provider, outside any transaction, and stores its answers.
    async fn ensure(&mut self, names: &[MachineName], then_record: bool) -> Result<(), Error> {
        let answers = self.ask_providers(names).await;
        #[cfg(feature = "testing")]
        crate::testing::crash_point("create.done");
        if !then_record {
            return Ok(());
        }
        let waits_for_room =
            self.sandbox.status.cause.as_ref().is_some_and(|cause| cause.code == Code::NoCapacity);
        let status =
            transition::answered(&self.sandbox, names, &answers, self.ctx.now(), self.ctx.random.u64());
        let changed: &[&'static str] =
            if status.phase == self.sandbox.status.phase { &[] } else { &["phase", "cause"] };
        self.record(status, changed).await?;
        if waits_for_room {
            // It was tried again after a refusal, and others wait for its answer.
            self.ctx.wakes.admission.notify_one();
        }
        #[cfg(feature = "testing")]
        crate::testing::crash_point("create.recorded");
        Ok(())
    }

    async fn ask_providers(&self, names: &[MachineName]) -> Vec<Ensured> {
        let mut answers = Vec::with_capacity(names.len());
        for name in names {
            let answer = match self.batch(name) {
                Some((runs, batch)) => match self.ctx.providers.of(runs) {
                    Some(provider) => provider.ensure(&batch).await.pop(),
                    None => Some(Err(refused(format!("this region runs no {runs}")))),
                },
                None => Some(Err(refused(format!("the template has no machine {name}")))),
            };
            let silent = || Err(ProviderError::Unavailable { detail: "no answer for a member".to_owned() });
            answers.push(answer.unwrap_or_else(silent));
        }
        answers
    }

    fn batch(&self, name: &MachineName) -> Option<(&'static str, Batch)> {
        let row = self.sandbox.status.machine(name)?;
        let machine = self.template.machine(name)?;
        let intent = &self.sandbox.intent;
        let tags = Tags {
            region: self.ctx.region.clone(),
            epoch: self.ctx.store.epoch(),
            sandbox: intent.id.clone(),
            machine: name.clone(),
            incarnation: row.incarnation,
            creation_number: row.creation_number,
        };
        let spec = MachineSpec {
            tags,
            tenant: intent.tenant.clone(),
            machine: machine.clone(),
            peers: self
                .template
                .machines
                .iter()
                .map(|other| other.name.clone())
                .filter(|other| other != name)
                .collect(),
            network: self.template.network.clone(),
            home_generation: row.home_generation,
            deadline_s: self.ctx.deadline_s(&self.template),
            agent_keys: self.ctx.agent_keys(),
        };
        let id = row.batch.clone().unwrap_or(BatchId { id: intent.id.to_string(), attempt: 1 });
        Some((machine.runs.kind(), Batch { id, members: vec![spec] }))
    }

    async fn retire(&mut self, machines: &[MachineName], cause: Cause) -> Result<(), Error> {
        let now = self.ctx.now();
        let status = transition::retired(&self.sandbox, machines, cause, now, self.ctx.random.u64());
        self.record(status, &["phase", "cause"]).await
    }

    async fn delete(&mut self, resources: &[ResourceId]) -> Result<(), Error> {
        // What the list tells of a lost answer is stored before its proof is removed.
        let located =
            self.listed.as_ref().map(|listed| transition::located(self.sandbox.status.clone(), listed));
        if let Some(status) = located.filter(|status| *status != self.sandbox.status) {
            self.record(status, &[]).await?;
        }
        for provider in self.ctx.providers.all() {
            // An id that a provider doesn't know is gone for it.
            let source = provider.delete(resources).await;
            source.map_err(|source| Error::Provider { runs: provider.runs(), source })?;
        }
        #[cfg(feature = "testing")]
        crate::testing::crash_point("delete.done");
        Ok(())
    }

    async fn bind(&mut self) -> Result<(), Error> {
        let Some(bind) = self.template.bind.clone() else { return Ok(()) };
        let first = self.sandbox.status.machines.first().cloned();
        let door = first.as_ref().and_then(|row| self.ctx.door(&self.sandbox, row, &[Verb::Bind]));
        let given = Given {
            parameters: self.sandbox.intent.parameters.clone(),
            secrets: self.ctx.secrets(&self.sandbox).await?,
        };
        let outcome = match door {
            Some(door) => self.ctx.agents.bind(&door, &bind, given).await,
            None => Err("the machine's address is not known".to_owned()),
        };
        match outcome {
            Ok(()) => {
                let bound_incarnation = first.map_or(0, |row| row.incarnation);
                let status = Status { bound_incarnation, cause: None, ..self.sandbox.status.clone() };
                self.record(status, &[]).await
            }
            Err(detail) => self.bind_failed(detail).await,
        }
    }

    /// A machine that could not be personalised is swapped for a new one, until the tries are used up.
    async fn bind_failed(&mut self, detail: String) -> Result<(), Error> {
        let stage = self.sandbox.status.phase;
        let cause = Cause::new(Code::BindFailed, stage, self.ctx.now()).with_detail(detail);
        if self.sandbox.status.attempts + 1 >= domain::plan::ATTEMPTS_MAX {
            return self.move_to(Phase::Failed, Some(cause)).await;
        }
        let names: Vec<_> = self.sandbox.status.machines.iter().map(|row| row.name.clone()).collect();
        self.retire(&names, cause).await
    }

    /// A planted bug's way to store, if one is switched on: whether it is stored.
    #[cfg(feature = "testing")]
    async fn planted_create(&mut self, status: &Status) -> Option<bool> {
        if self.ctx.planted.call_before_stored() {
            let before = std::mem::replace(&mut self.sandbox.status, status.clone());
            let names: Vec<_> = status.machines.iter().map(|row| row.name.clone()).collect();
            let _ = self.ask_providers(&names).await;
            self.sandbox.status = before;
        } else if !self.ctx.planted.lost_compare_and_set() {
            return None;
        }
        let stored = self.record(status.clone(), &[]).await.is_ok();
        if !stored {
            self.sandbox.status = status.clone();
        }
        Some(stored)
    }
}

fn refused(detail: String) -> ProviderError {
    ProviderError::Rejected { code: Code::MachineRejected, detail }
}
