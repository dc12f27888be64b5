//! The tick that admits from the queue. It alone does, so nothing overtakes.

mod line;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::phase::Phase;
use domain::provider::Capacity;
use domain::queue::{self, Entry, Room};
use domain::sandbox::{Machine, Sandbox};
use domain::transition;
use parking_lot::Mutex;
use runtime::{BoxError, Next, Tick};
use store::{Expect, Term};

use crate::{Context, Error};
use line::Line;

/// Admits waiting sandboxes in the queue's order, as long as there is room.
#[derive(Debug)]
pub struct Admission {
    ctx: Arc<Context>,
    /// What is known of the line for each kind of machine since this process began.
    lines: Mutex<BTreeMap<&'static str, Line>>,
}

impl Admission {
    /// The tick.
    #[must_use]
    pub fn new(ctx: Arc<Context>) -> Self {
        Self { ctx, lines: Mutex::default() }
    }

    async fn admit(&self) -> Result<Next, Error> {
        let Some(term) = self.ctx.leadership.term(&*self.ctx.clock) else { return Ok(Next::Idle) };
        let capacity = self.ctx.providers.capacity().await;
        if let Some(sum) = capacity.values().cloned().reduce(Capacity::plus) {
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
            let mut room = self.room(&capacity, &live, runs).await?;
            for entry in self.choose(runs, &line, &mut room, &live) {
                overtaken |= !self.admit_one(term, entry, &live).await?;
            }
        }
        Ok(if overtaken { Next::Again } else { Next::Idle })
    }

    /// Who is admitted now from the line of one kind. A pause after a refusal ends early when there is more room than
    /// at the last try.
    fn choose<'a>(
        &self,
        runs: &'static str,
        line: &'a [Entry],
        room: &mut Room,
        live: &[Sandbox],
    ) -> Vec<&'a Entry> {
        let now = self.ctx.now();
        let mut lines = self.lines.lock();
        let known = lines.entry(runs).or_default();
        if known.awaits_an_answer(live, now) {
            return Vec::new();
        }
        let free = room.free();
        let is_better = known.is_better(free);
        let chosen = queue::admit(line, room, |entry| is_better || entry.is_due(now));
        known.tried(&chosen, free);
        chosen
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
    async fn room(&self, capacity: &Capacity, live: &[Sandbox], runs: &str) -> Result<Room, Error> {
        let mut room = Room::of(capacity);
        for sandbox in live.iter().filter(|sandbox| machines_to_come(capacity, sandbox).next().is_some()) {
            if self.runs(sandbox).await? != Some(runs) {
                continue;
            }
            let template = self.ctx.template(sandbox).await?;
            for row in machines_to_come(capacity, sandbox) {
                if let Some(machine) = template.machine(&row.name) {
                    room.reserve(machine.resources);
                }
            }
        }
        Ok(room)
    }

    /// Answers false when somebody else wrote first.
    async fn admit_one(&self, term: Term, entry: &Entry, live: &[Sandbox]) -> Result<bool, Error> {
        let Some(sandbox) = live.iter().find(|sandbox| sandbox.intent.id == entry.sandbox) else {
            return Ok(true);
        };
        let status = transition::admitted(sandbox, self.ctx.now());
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

/// The machines that take room, or soon will, and that the snapshot does not count yet.
fn machines_to_come<'a>(capacity: &Capacity, sandbox: &'a Sandbox) -> impl Iterator<Item = &'a Machine> {
    let (phase, as_of) = (sandbox.status.phase, capacity.as_of);
    let is_counted = move |row: &Machine| {
        let was_asked = row.asked_at.is_some_and(|at| at < as_of);
        match phase {
            Phase::Provisioning => !row.retired && row.ensured_at.is_some() && was_asked,
            Phase::Starting | Phase::Ready => was_asked,
            // What goes away is in the snapshot until it is gone.
            Phase::Queued
            | Phase::Stopping
            | Phase::Stopped
            | Phase::Deleting
            | Phase::Deleted
            | Phase::Failed => true,
        }
    };
    sandbox.status.machines.iter().filter(move |row| !is_counted(row))
}

impl Tick for Admission {
    fn name(&self) -> &'static str {
        "admission"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        Ok(self.admit().await?)
    }
}

#[cfg(test)]
mod tests;
