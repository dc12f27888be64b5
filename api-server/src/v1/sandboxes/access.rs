//! `POST /v1/sandboxes/{id}/access`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;

use super::ticket::{Access, Entrance, draft};
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};

/// A URL that lets one user into one app, once, within a minute. It may be asked for in any phase: its page waits
/// until the sandbox is ready.
#[utoipa::path(
    post, path = "/v1/sandboxes/{id}/access", operation_id = "sandbox_access", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    request_body = Access,
    responses(
        (status = 200, body = Entrance),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<SandboxId>,
    sent: Sent,
) -> Result<Json<Entrance>, Problem> {
    let access: Access = sent.read()?;
    let sandbox = api.sandbox(&caller, &id).await?;
    let draft = draft(&api, &sandbox, access).await?;
    api.store.tickets().issue_all(&[draft.stored]).await?;
    Ok(Json(draft.entrance))
}
