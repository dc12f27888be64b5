//! One write of the leader, from its lock to its commit.
//!
//! The term is read in the writing transaction without holding the lease's row. A leader that loses its lease
//! between that read and its commit can so be the last to write; but only over the revision that it has read, so
//! the new leader either has not read yet or finds its own write in conflict and reads again.

use domain::id::SandboxId;
use domain::phase::Phase;
use domain::sandbox::{Sandbox, Status};
use domain::time::Timestamp;

use super::{Expect, machines};
use crate::activity;
use crate::error::Error;
use crate::intent::machine_names;
use crate::lease::Term;
use crate::log::EventKind;
use crate::log::append::{self, Append, json};
use crate::sandboxes::lock::{Locked, lock};
use crate::sql::{Tx, args};
use crate::store::Store;
use crate::usage;
use crate::wake::Topic;

/// What to write, and on which conditions.
pub(super) struct Record<'a> {
    pub(super) term: Term,
    pub(super) id: &'a SandboxId,
    pub(super) expect: Expect,
    pub(super) new: &'a Status,
    pub(super) changed: &'a [&'static str],
}

/// Carries out a record.
pub(super) async fn record(store: &Store, record: Record<'_>) -> Result<Sandbox, Error> {
    let now = store.now();
    let mut tx = store.begin().await?;
    let Locked { sandbox: old, sequence, term } = lock(&mut tx, record.id).await?;
    record.check(&old, term)?;
    let mut new = Sandbox { intent: old.intent.clone(), status: record.new.clone() };
    new.status.revision = old.status.revision + 1;
    update(&mut tx, &old, &new, now).await?;
    machines::write(&mut tx, record.id, &old.status, &new.status).await?;
    if new.status.phase == Phase::Ready && old.status.phase != Phase::Ready {
        activity::touch_in(&mut tx, record.id, now).await?;
    }
    count(store, &mut tx, &old, &new).await?;
    let event = Append::sandbox(kind(&old, &new), now, sequence, record.changed, &new);
    append::one(&mut tx, event).await?;
    store.commit(tx, &[Topic::Status, Topic::Log]).await?;
    Ok(new)
}

impl Record<'_> {
    fn check(&self, old: &Sandbox, term: Option<Term>) -> Result<(), Error> {
        if term != Some(self.term) || Expect::of(old) != self.expect {
            return Err(Error::Conflict);
        }
        let (from, to) = (old.status.phase, self.new.phase);
        if from == to || from.may_become(to) {
            return Ok(());
        }
        Err(Error::refused("phase", format!("a sandbox that is {from} cannot become {to}")))
    }
}

fn kind(old: &Sandbox, new: &Sandbox) -> EventKind {
    if new.status.phase == Phase::Deleted && old.status.phase != Phase::Deleted {
        EventKind::SandboxDeleted
    } else {
        EventKind::SandboxChanged
    }
}

async fn update(tx: &mut Tx, old: &Sandbox, new: &Sandbox, now: Timestamp) -> Result<(), Error> {
    let admitted = (old.status.phase, new.status.phase) == (Phase::Queued, Phase::Provisioning);
    let status = &new.status;
    let sql = "UPDATE status SET phase = $3, phase_since = $4, observed_generation = $5, cause = $6, \
               queued_at = $7, attempts = $8, next_attempt_at = $9, ready_at = $10, bound_incarnation = $11, \
               machine_names = $12, revision = $13, \
               admitted_at = CASE WHEN $14 IS NOT NULL THEN $14 \
               WHEN phase = 'provisioning' AND $3 = 'queued' THEN NULL ELSE admitted_at END \
               WHERE id = $1 AND revision = $2";
    let values = args![
        &new.intent.id,
        old.status.revision,
        status.phase,
        status.phase_since,
        status.observed_generation,
        status.cause.as_ref().map(json),
        status.queued_at,
        status.attempts,
        status.next_attempt_at,
        status.ready_at,
        status.bound_incarnation,
        machine_names(status),
        status.revision,
        admitted.then_some(now),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Moves the tenant's sums. What is there already is never refused for a quota that was lowered since.
async fn count(store: &Store, tx: &mut Tx, old: &Sandbox, new: &Sandbox) -> Result<(), Error> {
    if usage::counts(old) == usage::counts(new) {
        return Ok(());
    }
    let template = store.templates().get_in(tx, &new.intent.template).await?;
    let (before, after) = (usage::usage_of(old, &template), usage::usage_of(new, &template));
    usage::replace(tx, &new.intent.tenant, before, after).await.map(drop)
}
