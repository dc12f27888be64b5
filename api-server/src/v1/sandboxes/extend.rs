//! `POST /v1/sandboxes/{id}/extend`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::Command;
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::view::SandboxView;

/// Until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendSandbox {
    /// When the run is to end.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Only if this is still its generation.
    #[serde(default)]
    if_generation: Option<u64>,
}

/// What was granted.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExtendedSandbox {
    /// The sandbox; its `expires_at` is the granted time.
    #[serde(flatten)]
    sandbox: SandboxView,
    /// The cap that limited it: `max_lifetime`, or null.
    limited_by: Option<&'static str>,
}

/// Moves the end of the present run. It is granted up to the template's maximum; an announced idle stop is called
/// off.
#[utoipa::path(
    post, path = "/v1/sandboxes/{id}/extend", operation_id = "sandbox_extend", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    request_body = ExtendSandbox,
    responses(
        (status = 200, body = ExtendedSandbox),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<SandboxId>,
    sent: Sent,
) -> Result<Json<ExtendedSandbox>, Problem> {
    let ExtendSandbox { expires_at, if_generation } = sent.read()?;
    let command = command(&api, expires_at)?;
    let done = command.run(&api, &caller, (&id, if_generation)).await?;
    let sandbox = api.show(&done.sandbox).await?;
    Ok(Json(ExtendedSandbox { sandbox, limited_by: done.limited_by }))
}

/// The command; an end in the past is a mistake, not a stop.
pub(crate) fn command(api: &Api, until: Timestamp) -> Result<Command, Problem> {
    if until <= api.clock.now() {
        return Err(Problem::field(
            "expires_at",
            "is in the past",
            "a time in the future; stop it to end it now",
        ));
    }
    Ok(Command::Extend { until })
}
