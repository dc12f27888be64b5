//! `POST /v1/sandboxes/{id}/revoke`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;

use crate::auth::Caller;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::view::SandboxView;

/// Takes back every way in that was given: cookies, and tickets that nobody has used yet. The sandbox goes on; who is
/// to come in again needs a new ticket.
#[utoipa::path(
    post, path = "/v1/sandboxes/{id}/revoke", operation_id = "sandbox_revoke", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    responses(
        (status = 200, body = SandboxView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<SandboxId>,
) -> Result<Json<SandboxView>, Problem> {
    api.sandbox(&caller, &id).await?;
    let sandbox = api.store.intent().revoke_access(&id).await?;
    Ok(Json(api.show(&sandbox).await?))
}
