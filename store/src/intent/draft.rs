//! A sandbox as it will be stored, worked out before any transaction.

use std::sync::Arc;

use domain::id::SandboxId;
use domain::phase::Wanted;
use domain::quota::Usage;
use domain::sandbox::{Intent, Sandbox, Status};
use domain::template::{Policy, Template};
use domain::time::Timestamp;

use super::NewSandbox;
use crate::error::Error;
use crate::store::Store;
use crate::usage;

/// A sandbox to be inserted.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) sandbox: Sandbox,
    pub(super) usage: Usage,
    pub(super) sealed_secrets: Option<Vec<u8>>,
    pub(super) request_digest: String,
}

/// Works out the rows of a new sandbox.
pub(super) async fn draft(store: &Store, new: NewSandbox) -> Result<Arc<Draft>, Error> {
    let found = store.templates().get(&new.template.name, Some(&new.template.version)).await;
    let template = found.map_err(|error| match error {
        Error::NotFound => Error::refused("template", "no such version; publish it first"),
        other => other,
    })?;
    let now = store.now();
    let id = SandboxId::generate(&new.region, store.random());
    let expires_at = granted(new.expires_at, &template.template.policy, now)?;
    Ok(Arc::new(assemble(new, id, &template.template, (now, expires_at))))
}

/// The end of the first run.
fn granted(asked: Option<Timestamp>, policy: &Policy, now: Timestamp) -> Result<Timestamp, Error> {
    let longest = now.plus_s(policy.max_lifetime_s);
    match asked {
        None => Ok(now.plus_s(policy.lifetime_s).min(longest)),
        Some(until) if until <= now => {
            Err(Error::refused("expires_at", "the moment is past; name one in the future, or none"))
        }
        Some(until) => Ok(until.min(longest)),
    }
}

fn assemble(
    new: NewSandbox,
    id: SandboxId,
    template: &Template,
    (now, expires_at): (Timestamp, Timestamp),
) -> Draft {
    let intent = Intent {
        id,
        r#ref: new.r#ref,
        tenant: new.tenant,
        owner: new.owner,
        class_id: new.class_id,
        template: new.template,
        labels: new.labels,
        parameters: new.parameters,
        wanted: Wanted::Running,
        generation: 1,
        access_epoch: 1,
        home_generation: 1,
        run_since: now,
        expires_at,
        max_expires_at: now.plus_s(template.policy.max_lifetime_s),
        queue_until: new.queue_until,
        expires_soon: false,
        idle_stop_at: None,
        wakeable: false,
        stop_cause: None,
        created_at: now,
    };
    let sandbox = Sandbox { intent, status: Status::queued(template, now) };
    let usage = usage::usage_of(&sandbox, template);
    let (sealed_secrets, request_digest) = (new.sealed_secrets, new.request_digest);
    Draft { sandbox, usage, sealed_secrets, request_digest }
}
