//! `POST /v1/sandboxes:start`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BulkResults, Selector, run};
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};
use crate::v1::sandboxes::command::Command;

/// Which sandboxes to start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartSandboxes {
    /// Which.
    select: Selector,
}

/// Starts every selected sandbox that is stopped or failed.
#[utoipa::path(
    post, path = "/v1/sandboxes:start", operation_id = "sandboxes_start", tag = "sandboxes",
    request_body = StartSandboxes,
    responses(
        (status = 200, body = BulkResults),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    sent: Sent,
) -> Result<Json<BulkResults>, Problem> {
    let asked: StartSandboxes = sent.read()?;
    run(&api, &caller, &asked.select, &Command::Start).await
}
