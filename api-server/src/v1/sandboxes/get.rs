//! `GET /v1/sandboxes/{id}`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;

use crate::auth::Caller;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::view::SandboxView;

/// One sandbox. A deleted one can be read for seven days.
#[utoipa::path(
    get, path = "/v1/sandboxes/{id}", operation_id = "sandbox_get", tag = "sandboxes",
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
    let sandbox = api.sandbox(&caller, &id).await?;
    Ok(Json(api.show(&sandbox).await?))
}
