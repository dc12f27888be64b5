//! `POST /v1/sandboxes:delete`

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

/// Which sandboxes to delete.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteSandboxes {
    /// Which.
    select: Selector,
}

/// Deletes every selected sandbox.
#[utoipa::path(
    post, path = "/v1/sandboxes:delete", operation_id = "sandboxes_delete", tag = "sandboxes",
    request_body = DeleteSandboxes,
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
    let asked: DeleteSandboxes = sent.read()?;
    run(&api, &caller, &asked.select, &Command::Delete).await
}
