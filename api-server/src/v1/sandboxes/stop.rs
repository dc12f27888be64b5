//! `POST /v1/sandboxes/{id}/stop`

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

/// How to stop.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StopSandbox {
    /// Whether a visit may start it again.
    wake: bool,
    /// Only if this is still its generation.
    if_generation: Option<u64>,
}

/// Stops a sandbox: its machines go, its home stays. Stopping a stopped one changes nothing.
#[utoipa::path(
    post, path = "/v1/sandboxes/{id}/stop", operation_id = "sandbox_stop", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    request_body = StopSandbox,
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
    let StopSandbox { wake, if_generation } = sent.read()?;
    let done = Command::Stop { wake }.run(&api, &caller, (&id, if_generation)).await?;
    Ok((StatusCode::ACCEPTED, Json(api.show(&done.sandbox).await?)))
}
