//! `POST /v1/sandboxes:stop`

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

/// Which sandboxes to stop, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StopSandboxes {
    /// Which.
    select: Selector,
    /// Whether a visit may start them again.
    #[serde(default)]
    wake: bool,
}

/// Stops every selected sandbox.
#[utoipa::path(
    post, path = "/v1/sandboxes:stop", operation_id = "sandboxes_stop", tag = "sandboxes",
    request_body = StopSandboxes,
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
    let asked: StopSandboxes = sent.read()?;
    run(&api, &caller, &asked.select, &Command::Stop { wake: asked.wake }).await
}
