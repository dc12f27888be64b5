//! `POST /v1/sandboxes:reset`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BulkResults, Selector, run};
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};
use crate::v1::sandboxes::reset::command;

/// Which sandboxes to reset, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetSandboxes {
    /// Which.
    select: Selector,
    /// What they are made from afterwards: `name` or `name@sha256:…`; as before when absent.
    #[serde(default)]
    template: Option<String>,
}

/// Resets every selected sandbox to a new, empty home.
#[utoipa::path(
    post, path = "/v1/sandboxes:reset", operation_id = "sandboxes_reset", tag = "sandboxes",
    request_body = ResetSandboxes,
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
    let asked: ResetSandboxes = sent.read()?;
    let command = command(&api, asked.template.as_deref()).await?;
    run(&api, &caller, &asked.select, &command).await
}
