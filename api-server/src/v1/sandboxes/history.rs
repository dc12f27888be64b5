//! `GET /v1/sandboxes/{id}/events`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;

use crate::auth::Caller;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::view::{EventView, Listed};

/// Everything that happened to one sandbox, as far as it is kept, oldest first.
#[utoipa::path(
    get, path = "/v1/sandboxes/{id}/events", operation_id = "sandbox_history", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    responses(
        (status = 200, body = Listed<EventView>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<SandboxId>,
) -> Result<Json<Listed<EventView>>, Problem> {
    api.sandbox(&caller, &id).await?;
    let mut items = Vec::new();
    for entry in api.store.sandboxes().history(&id).await? {
        items.push(api.show_event(entry).await?);
    }
    Ok(Json(Listed::whole(items)))
}
