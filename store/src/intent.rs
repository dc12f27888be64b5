//! Intent: what is wanted of sandboxes. Everything that changes it goes through here: the API's commands and the
//! policy ticks.

mod change;
mod combine;
mod create;
mod decide;
mod draft;

use std::collections::BTreeMap;

pub(crate) use combine::Combiner;
pub(crate) use create::machine_names;
use data_encoding::BASE64;
use domain::cause::Cause;
use domain::id::{ClassId, LabelKey, LabelValue, OwnerId, Ref, RegionName, SandboxId, TenantId};
use domain::sandbox::{Sandbox, TemplateRef};
use domain::time::Timestamp;
use serde_json::Value;

use self::change::Change;
use crate::error::Error;
use crate::sql::args;
use crate::store::Store;

/// Commands. See [`Store::intent`].
///
/// Every command answers with the sandbox as it is afterwards, and raises the generation unless it changes nothing.
/// With `if_generation` it is refused as [`Error::Conflict`] when another generation is stored. For a sandbox whose
/// deletion was accepted, every command but a repeated deletion answers [`Error::NotFound`].
#[derive(Clone, Copy, Debug)]
pub struct Intents<'s>(pub(crate) &'s Store);

/// A sandbox to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSandbox {
    /// The caller's own name for it.
    pub r#ref: Ref,
    /// The school.
    pub tenant: TenantId,
    /// Who it is for.
    pub owner: OwnerId,
    /// The class it belongs to, if any.
    pub class_id: Option<ClassId>,
    /// The resolved version that it is made from.
    pub template: TemplateRef,
    /// The caller's labels.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// What `bind` finds as files.
    pub parameters: BTreeMap<String, Value>,
    /// Secrets, sealed by the caller: the store never sees them open.
    pub sealed_secrets: Option<Vec<u8>>,
    /// When its run ends; the template's lifetime from now without it, at most the template's maximum.
    pub expires_at: Option<Timestamp>,
    /// Waiting in the queue ends then.
    pub queue_until: Option<Timestamp>,
    /// Digest of the request as it was sent: a repeated create is the same request when this is the same.
    pub request_digest: String,
    /// The prefix of its id.
    pub region: RegionName,
}

/// What creating did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// Whether it was there already, asked for by the same request.
    pub existing: bool,
}

/// What extending granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    /// The sandbox with the granted `expires_at`.
    pub sandbox: Sandbox,
    /// The cap that made the grant shorter than asked.
    pub limited_by: Option<&'static str>,
}

impl Intents<'_> {
    /// Stores a new sandbox, queued; or finds the one that the same request made before. Creates of many callers
    /// at once share transactions.
    ///
    /// # Errors
    /// [`Error::RefTaken`], [`Error::QuotaExceeded`], [`Error::Refused`], [`Error::Unavailable`].
    pub async fn create(&self, new: NewSandbox) -> Result<Created, Error> {
        let draft = draft::draft(self.0, new).await?;
        combine::create(self.0, draft).await
    }

    /// Stores many new sandboxes, in one transaction where it can; a result for each, in their order.
    ///
    /// # Errors
    /// None as a whole; each as [`Intents::create`].
    pub async fn create_batch(&self, new: Vec<NewSandbox>) -> Vec<Result<Created, Error>> {
        create::batch(self.0, new).await
    }

    /// Wants it stopped; `wakeable` says whether a visit may start it again.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Unavailable`].
    pub async fn stop(
        &self,
        id: &SandboxId,
        if_generation: Option<u64>,
        wakeable: bool,
    ) -> Result<Sandbox, Error> {
        let change = Change::begin(self.0, id, if_generation).await?;
        let new = decide::stop(&change.old, None, wakeable);
        change.finish(new).await
    }

    /// Wants it running, as a new run with its own lifetime.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::QuotaExceeded`], [`Error::Unavailable`].
    pub async fn start(&self, id: &SandboxId, if_generation: Option<u64>) -> Result<Sandbox, Error> {
        let mut change = Change::begin(self.0, id, if_generation).await?;
        let template = change.template().await?;
        let new = decide::start(&change.old, &template.policy, self.0.now());
        change.touch(self.0.now()).await?;
        change.finish(new).await
    }

    /// Gives it a new, empty home, and another version of its template if one is named. A stopped one stays so.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Refused`] for an unknown template, [`Error::QuotaExceeded`],
    /// [`Error::Unavailable`].
    pub async fn reset(
        &self,
        id: &SandboxId,
        if_generation: Option<u64>,
        template: Option<TemplateRef>,
    ) -> Result<Sandbox, Error> {
        let mut change = Change::begin(self.0, id, if_generation).await?;
        let to = template.unwrap_or_else(|| change.old.intent.template.clone());
        let policy = change.template_of(&to).await?.policy.clone();
        let new = decide::reset(&change.old, to, &policy, self.0.now());
        change.finish(new).await
    }

    /// Moves the end of its run, at most to the run's maximum. It is activity, and calls off an idle stop.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Refused`] for a moment that is past, [`Error::NotRunning`], [`Error::Unavailable`].
    pub async fn extend(
        &self,
        id: &SandboxId,
        if_generation: Option<u64>,
        until: Timestamp,
    ) -> Result<Extended, Error> {
        let mut change = Change::begin(self.0, id, if_generation).await?;
        let new = decide::extend(&change.old, until, self.0.now())?;
        let limited_by = (new.expires_at < until).then_some("max_lifetime");
        change.touch(self.0.now()).await?;
        let sandbox = change.finish(new).await?;
        Ok(Extended { sandbox, limited_by })
    }

    /// Wants nothing of it to exist. Its ref is free from now on, and its sealed secrets are forgotten.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Unavailable`].
    pub async fn delete(&self, id: &SandboxId, if_generation: Option<u64>) -> Result<Sandbox, Error> {
        let change = Change::begin_with_deleted(self.0, id, if_generation).await?;
        let new = decide::delete(&change.old);
        change.finish(new).await
    }

    /// Makes every cookie and token that was issued for it invalid. What is wanted stays the same, and so does the
    /// generation.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Unavailable`].
    pub async fn revoke_access(&self, id: &SandboxId) -> Result<Sandbox, Error> {
        let change = Change::begin(self.0, id, None).await?;
        let new = decide::revoke_access(&change.old);
        change.finish(new).await
    }

    /// Wants it stopped by a policy, which is named to people by `cause`.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Unavailable`].
    pub async fn stop_by_policy(
        &self,
        id: &SandboxId,
        expect_generation: u64,
        cause: Cause,
        wakeable: bool,
    ) -> Result<Sandbox, Error> {
        let change = Change::begin(self.0, id, Some(expect_generation)).await?;
        let new = decide::stop(&change.old, Some(cause), wakeable);
        change.finish(new).await
    }

    /// Wants it deleted by a policy.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Unavailable`].
    pub async fn delete_by_policy(&self, id: &SandboxId, expect_generation: u64) -> Result<Sandbox, Error> {
        self.delete(id, Some(expect_generation)).await
    }

    /// Announces when it will be stopped for idleness, or that it will not. The generation stays the same.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Unavailable`].
    pub async fn set_idle_stop_at(
        &self,
        id: &SandboxId,
        expect_generation: u64,
        at: Option<Timestamp>,
    ) -> Result<Sandbox, Error> {
        let change = Change::begin(self.0, id, Some(expect_generation)).await?;
        let mut new = change.old.intent.clone();
        new.idle_stop_at = at;
        change.finish(new).await
    }

    /// Announces that its life ends soon. The generation stays the same; an extension takes it back.
    ///
    /// # Errors
    /// See [`Intents`]; [`Error::Unavailable`].
    pub async fn announce_end(&self, id: &SandboxId, expect_generation: u64) -> Result<Sandbox, Error> {
        let change = Change::begin(self.0, id, Some(expect_generation)).await?;
        let mut new = change.old.intent.clone();
        new.expires_soon = true;
        change.finish(new).await
    }

    /// The secrets as they were sealed; none when there were none or the deletion was accepted.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn sealed_secrets(&self, id: &SandboxId) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT id, sealed_secrets FROM intent WHERE id = $1";
        let row = self.0.database().first(sql, args![id]).await?.ok_or(Error::NotFound)?;
        let cells = row.of("intent", "id");
        let text = cells.opt_text("sealed_secrets")?;
        text.map(|text| BASE64.decode(text.as_bytes()).map_err(|_| cells.corrupt("sealed_secrets")))
            .transpose()
    }

    /// The digest of the request that made the tenant's present sandbox of this ref.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn request_digest_of(&self, tenant: &TenantId, r#ref: &Ref) -> Result<Option<String>, Error> {
        let sql =
            "SELECT id, request_digest FROM intent WHERE tenant = $1 AND ref = $2 AND wanted <> 'deleted'";
        let row = self.0.database().first(sql, args![tenant, r#ref]).await?;
        row.map(|row| row.of("intent", "id").text("request_digest")).transpose()
    }
}
