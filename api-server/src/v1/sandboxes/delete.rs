//! `DELETE /v1/sandboxes/{id}`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;
use http::StatusCode;

use super::command::Command;
use crate::auth::Caller;
use crate::context::Api;
use crate::params::Params;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::view::SandboxView;

/// Deletes a sandbox; its `ref` is free at once. Also cancels one that waits in the queue.
#[utoipa::path(
    delete, path = "/v1/sandboxes/{id}", operation_id = "sandbox_delete", tag = "sandboxes",
    params(
        ("id" = String, Path, description = "The sandbox"),
        ("if_generation" = Option<u64>, Query, description = "Only if this is still its generation"),
    ),
    responses(
        (status = 202, body = SandboxView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<SandboxId>,
    params: Params,
) -> Result<(StatusCode, Json<SandboxView>), Problem> {
    let if_generation = params.only(&["if_generation"])?.one("if_generation")?;
    let done = Command::Delete.run(&api, &caller, (&id, if_generation)).await?;
    Ok((StatusCode::ACCEPTED, Json(api.show(&done.sandbox).await?)))
}
