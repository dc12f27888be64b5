//! `POST /v1/sandboxes:extend`

use axum::Json;
use axum::extract::State;
use domain::time::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BulkResults, Selector, run};
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};
use crate::v1::sandboxes::extend::command;

/// Which sandboxes to extend, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendSandboxes {
    /// Which.
    select: Selector,
    /// When their runs are to end.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Moves the end of every selected sandbox's run.
#[utoipa::path(
    post, path = "/v1/sandboxes:extend", operation_id = "sandboxes_extend", tag = "sandboxes",
    request_body = ExtendSandboxes,
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
    let asked: ExtendSandboxes = sent.read()?;
    let command = command(&api, asked.expires_at)?;
    run(&api, &caller, &asked.select, &command).await
}
