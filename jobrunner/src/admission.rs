//! The tick that admits from the queue. It alone does, so nothing overtakes.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::phase::Phase;
use domain::provider::Capacity;
use domain::queue::{self, Entry};
use domain::resources::Resources;
use domain::sandbox::Sandbox;
use domain::transition;
use runtime::{BoxError, Next, Tick};
use store::{Expect, Term};

use crate::{Context, Error, context};

/// Admits waiting sandboxes in the queue's order, as long as there is room.
#[derive(Debug)]
pub struct Admission {
    ctx: Arc<Context>,
}

impl Admission {
    /// The tick.
    #[must_use]
    pub const fn new(ctx: Arc<Context>) -> Self {
        Self { ctx }
    }

    async fn admit(&self) -> Result<Next, Error> {
        let Some(term) = self.ctx.leadership.term(&*self.ctx.clock) else { return Ok(Next::Idle) };
        let capacity = self.ctx.providers.capacity().await;
        if let Some(sum) = context::sum(capacity.values().copied()) {
            self.ctx.store.region().record_capacity(term, sum).await?;
        }
        let waiting = self.ctx.store.sandboxes().waiting().await?;
        if waiting.is_empty() {
            return Ok(Next::Idle);
        }
        let live = self.ctx.store.sandboxes().live().await?;
        let running = self.ctx.store.sandboxes().running_per_tenant().await?;
        let ordered = queue::order(waiting, &running);
        let mut overtaken = false;
        for (runs, capacity) in capacity {
            let line = self.of_kind(&ordered, &live, runs).await?;
            let room = self.room(capacity, &live, runs).await?;
            for entry in queue::admit(&line, capacity.total, room) {
                overtaken |= !self.admit_one(term, entry, &live).await?;
            }
        }
        Ok(if overtaken { Next::Again } else { Next::Idle })
    }

    /// The part of the queue that waits for this kind of machine.
    async fn of_kind(&self, ordered: &[Entry], live: &[Sandbox], runs: &str) -> Result<Vec<Entry>, Error> {
        let by_id: BTreeMap<_, _> = live.iter().map(|sandbox| (&sandbox.intent.id, sandbox)).collect();
        let mut line = Vec::new();
        for entry in ordered {
            if let Some(sandbox) = by_id.get(&entry.sandbox)
                && self.runs(sandbox).await? == Some(runs)
            {
                line.push(entry.clone());
            }
        }
        Ok(line)
    }

    /// The kind of a sandbox's first machine; its others wait with it.
    async fn runs(&self, sandbox: &Sandbox) -> Result<Option<&'static str>, Error> {
        let template = self.ctx.template(sandbox).await?;
        Ok(template.machines.first().map(|machine| machine.runs.kind()))
    }

    /// The dated snapshot minus what was admitted since, or may have been made since.
    async fn room(&self, capacity: Capacity, live: &[Sandbox], runs: &str) -> Result<Resources, Error> {
        let mut room = capacity.total.minus(capacity.used);
        for sandbox in live.iter().filter(|sandbox| !is_in(capacity, sandbox)) {
            if self.runs(sandbox).await? == Some(runs) {
                room = room.minus(self.ctx.template(sandbox).await?.resources());
            }
        }
        Ok(room)
    }

    /// Answers false when somebody else wrote first.
    async fn admit_one(&self, term: Term, entry: &Entry, live: &[Sandbox]) -> Result<bool, Error> {
        let Some(sandbox) = live.iter().find(|sandbox| sandbox.intent.id == entry.sandbox) else {
            return Ok(true);
        };
        let status = transition::moved(sandbox, Phase::Provisioning, None, self.ctx.now());
        let expect = Expect { generation: sandbox.intent.generation, revision: sandbox.status.revision };
        match self.ctx.store.status().record(term, &entry.sandbox, expect, &status, &["phase"]).await {
            Ok(_) => {
                self.ctx.wakes.reconcile.notify_one();
                Ok(true)
            }
            // A command came first; the next look sees what it made of the queue.
            Err(store::Error::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether the snapshot already counts what the sandbox uses, or it uses nothing.
fn is_in(capacity: Capacity, sandbox: &Sandbox) -> bool {
    let counted = |asked_at: Option<domain::time::Timestamp>| asked_at.is_some_and(|at| at < capacity.as_of);
    match sandbox.status.phase {
        Phase::Provisioning => sandbox
            .status
            .machines
            .iter()
            .all(|row| !row.retired && row.ensured_at.is_some() && counted(row.asked_at)),
        Phase::Starting | Phase::Ready => sandbox.status.machines.iter().all(|row| counted(row.asked_at)),
        // What goes away is in the snapshot until it is gone.
        Phase::Queued
        | Phase::Stopping
        | Phase::Stopped
        | Phase::Deleting
        | Phase::Deleted
        | Phase::Failed => true,
    }
}

impl Tick for Admission {
    fn name(&self) -> &'static str {
        "admission"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        Ok(self.admit().await?)
    }
}
