//! From a body as it was sent to what the store needs.

use std::sync::Arc;

use domain::seal::Sealer;
use domain::template::{Template, version_of};
use serde_json::Value;
use store::NewSandbox;

use super::request::{CreateSandbox, unknown_fields};
use crate::auth::Caller;
use crate::body::read;
use crate::context::Api;
use crate::problem::{FieldProblem, Kind, Problem};
use crate::v1::templates::{fits, resolve};

/// A request that may be stored.
pub(crate) struct Prepared {
    pub(crate) new: NewSandbox,
    pub(crate) template: Arc<Template>,
    pub(crate) warnings: Vec<FieldProblem>,
}

/// Checks one request as it was sent.
pub(crate) async fn prepare(api: &Api, caller: &Caller, sent: &Value) -> Result<Prepared, Problem> {
    let asked: CreateSandbox = read(sent)?;
    caller.require_tenant(&asked.tenant)?;
    let errors = asked.check(api.clock.now());
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let (reference, stored) = resolve::resolve(api, "template", &asked.template).await?;
    fits::require(api, &stored.template).await?;
    let new = NewSandbox {
        request_digest: digest(sent)?,
        sealed_secrets: seal(api, &asked)?,
        r#ref: asked.r#ref,
        tenant: asked.tenant,
        owner: asked.owner,
        class_id: asked.class_id,
        template: reference,
        labels: asked.labels,
        parameters: asked.parameters,
        expires_at: asked.expires_at,
        queue_until: asked.queue_until,
        region: api.region.clone(),
    };
    Ok(Prepared { new, template: stored.template, warnings: unknown_fields(sent) })
}

/// What a repeated request is compared by: the content as it was sent, whatever its order and spacing.
fn digest(sent: &Value) -> Result<String, Problem> {
    let exact = version_of(sent).map(|digest| digest.to_string());
    exact.ok_or_else(|| {
        Problem::field("parameters", "a number is beyond double precision", "a string instead")
    })
}

/// Sealed as the JSON object that it is; the jobrunner opens it for `bind`.
fn seal(api: &Api, asked: &CreateSandbox) -> Result<Option<Vec<u8>>, Problem> {
    if asked.secrets.is_empty() {
        return Ok(None);
    }
    let plain =
        serde_json::to_vec(&asked.secrets).map_err(|error| Problem::new(Kind::Internal).because(error))?;
    let bound_to = Sealer::context(&asked.tenant, &asked.r#ref);
    let sealed = api.sealer.seal(api.random.as_ref(), &bound_to, &plain);
    sealed.map(Some).ok_or_else(|| Problem::new(Kind::Internal).because("secrets can't be sealed"))
}
