//! `POST /v1/sandboxes/{id}/reset`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::command::Command;
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::v1::templates::{fits, resolve};
use crate::view::SandboxView;

/// How to reset.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ResetSandbox {
    /// What it is made from afterwards: `name` or `name@sha256:…`; as before when absent.
    template: Option<String>,
    /// Only if this is still its generation.
    if_generation: Option<u64>,
}

/// Resets a sandbox to a new, empty home, optionally on another template. A stopped one stays stopped. The home
/// that was is kept for the template's `keep_home_days`.
#[utoipa::path(
    post, path = "/v1/sandboxes/{id}/reset", operation_id = "sandbox_reset", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    request_body = ResetSandbox,
    responses(
        (status = 202, body = SandboxView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<SandboxId>,
    sent: Sent,
) -> Result<(StatusCode, Json<SandboxView>), Problem> {
    let ResetSandbox { template, if_generation } = sent.read()?;
    let command = command(&api, template.as_deref()).await?;
    let done = command.run(&api, &caller, (&id, if_generation)).await?;
    Ok((StatusCode::ACCEPTED, Json(api.show(&done.sandbox).await?)))
}

/// The command, its template resolved once.
pub(crate) async fn command(api: &Api, template: Option<&str>) -> Result<Command, Problem> {
    let Some(text) = template else { return Ok(Command::Reset { template: None }) };
    let (reference, stored) = resolve::resolve(api, "template", text).await?;
    fits::require(api, &stored.template).await?;
    Ok(Command::Reset { template: Some(reference) })
}
