//! `POST /v1/sandboxes/{id}/start`

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
use crate::view::SandboxView;

/// How to start.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StartSandbox {
    /// Only if this is still its generation.
    if_generation: Option<u64>,
}

/// Starts a stopped or failed sandbox with its home: a new run, with a new end. Starting a running one changes
/// nothing.
#[utoipa::path(
    post, path = "/v1/sandboxes/{id}/start", operation_id = "sandbox_start", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    request_body = StartSandbox,
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
    let StartSandbox { if_generation } = sent.read()?;
    let done = Command::Start.run(&api, &caller, (&id, if_generation)).await?;
    Ok((StatusCode::ACCEPTED, Json(api.show(&done.sandbox).await?)))
}
