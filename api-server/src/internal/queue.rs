//! `GET /internal/queue/{sandbox}`: its place, or null when it doesn't wait.

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;

use crate::auth::Role;
use crate::context::Api;
use crate::path::Named;
use crate::problem::Problem;
use crate::view::QueueView;

pub(super) async fn handler(
    State(api): State<Api>,
    _role: Role,
    Named(id): Named<SandboxId>,
) -> Result<Json<Option<QueueView>>, Problem> {
    let sandbox = api.store.sandboxes().get(&id).await?;
    Ok(Json(api.show(&sandbox).await?.queue))
}
