//! One change of one sandbox's intent, from its lock to its commit.

use std::sync::Arc;

use domain::id::SandboxId;
use domain::phase::Wanted;
use domain::sandbox::{Intent, Sandbox, TemplateRef};
use domain::template::Template;
use domain::time::Timestamp;

use super::decide;
use crate::activity;
use crate::error::Error;
use crate::log::EventKind;
use crate::log::append::{self, Append, json};
use crate::sandboxes::lock::{Locked, lock};
use crate::sql::{Tx, args};
use crate::store::Store;
use crate::usage;
use crate::wake::Topic;

/// A change that has begun: the sandbox is locked.
pub(super) struct Change<'s> {
    store: &'s Store,
    tx: Tx,
    sequence: u64,
    /// As it is stored.
    pub(super) old: Sandbox,
}

impl<'s> Change<'s> {
    /// Locks a sandbox whose deletion was not accepted, at the expected generation.
    pub(super) async fn begin(store: &'s Store, id: &SandboxId, expect: Option<u64>) -> Result<Self, Error> {
        let change = Self::begin_with_deleted(store, id, expect).await?;
        if change.old.intent.wanted == Wanted::Deleted { Err(Error::NotFound) } else { Ok(change) }
    }

    /// Locks a sandbox at the expected generation.
    pub(super) async fn begin_with_deleted(
        store: &'s Store,
        id: &SandboxId,
        expect: Option<u64>,
    ) -> Result<Self, Error> {
        let mut tx = store.begin().await?;
        let Locked { sandbox, sequence, .. } = lock(&mut tx, id).await?;
        if expect.is_some_and(|expected| expected != sandbox.intent.generation) {
            return Err(Error::Conflict);
        }
        Ok(Self { store, tx, sequence, old: sandbox })
    }

    /// The template of the present version.
    pub(super) async fn template(&mut self) -> Result<Arc<Template>, Error> {
        self.store.templates().get_in(&mut self.tx, &self.old.intent.template).await
    }

    /// The template of a version that the caller named.
    pub(super) async fn template_of(&mut self, wanted: &TemplateRef) -> Result<Arc<Template>, Error> {
        let found = self.store.templates().get_in(&mut self.tx, wanted).await;
        found.map_err(|error| match error {
            Error::NotFound => Error::refused("template", "no such version; publish it first"),
            other => other,
        })
    }

    /// Notes activity, whatever else changes.
    pub(super) async fn touch(&mut self, now: Timestamp) -> Result<(), Error> {
        activity::touch_in(&mut self.tx, &self.old.intent.id, now).await
    }

    /// Stores `new`, with its event; nothing when it is as before.
    pub(super) async fn finish(mut self, new: Intent) -> Result<Sandbox, Error> {
        if new == self.old.intent {
            return self.finish_unchanged().await;
        }
        let changed = decide::changed(&self.old.intent, &new);
        let sandbox = Sandbox { intent: new, status: self.old.status.clone() };
        update(&mut self.tx, &sandbox.intent).await?;
        self.count(&sandbox).await?;
        let now = self.store.now();
        let event = Append::sandbox(EventKind::SandboxChanged, now, self.sequence, changed, &sandbox);
        append::one(&mut self.tx, event).await?;
        self.store.commit(self.tx, &[Topic::Intent, Topic::Log]).await?;
        Ok(sandbox)
    }

    /// Without an event the sequence must stay as it was, so the lock goes with the transaction; activity stays.
    async fn finish_unchanged(mut self) -> Result<Sandbox, Error> {
        let lower = "UPDATE sandboxes SET sequence = sequence - 1 WHERE id = $1";
        self.tx.execute(lower, args![&self.old.intent.id]).await?;
        self.tx.commit().await?;
        Ok(self.old)
    }

    /// Moves the tenant's sums, and checks its quota for what was added.
    async fn count(&mut self, new: &Sandbox) -> Result<(), Error> {
        let templates = self.store.templates();
        let old_template = templates.get_in(&mut self.tx, &self.old.intent.template).await?;
        let new_template = templates.get_in(&mut self.tx, &new.intent.template).await?;
        let old_usage = usage::usage_of(&self.old, &old_template);
        let new_usage = usage::usage_of(new, &new_template);
        let sums = usage::replace(&mut self.tx, &new.intent.tenant, old_usage, new_usage).await?;
        sums.map_or(Ok(()), |sums| sums.check(usage::minus(new_usage, old_usage)))
    }
}

async fn update(tx: &mut Tx, new: &Intent) -> Result<(), Error> {
    let sql = "UPDATE intent SET template_name = $2, template_version = $3, wanted = $4, generation = $5, \
               access_epoch = $6, home_generation = $7, run_since = $8, expires_at = $9, max_expires_at = $10, \
               queue_until = $11, idle_stop_at = $12, wakeable = $13, stop_cause = $14, expires_soon = $15, sealed_secrets = \
               CASE WHEN $4 = 'deleted' THEN NULL ELSE sealed_secrets END WHERE id = $1";
    let values = args![
        &new.id,
        &new.template.name,
        &new.template.version,
        new.wanted,
        new.generation,
        new.access_epoch,
        new.home_generation,
        new.run_since,
        new.expires_at,
        new.max_expires_at,
        new.queue_until,
        new.idle_stop_at,
        new.wakeable,
        new.stop_cause.as_ref().map(json),
        new.expires_soon,
    ];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(Error::Conflict) }
}
