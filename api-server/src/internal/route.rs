//! `GET /internal/routes/{sandbox}`: one route, as of now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;
use domain::route::Route;

use crate::auth::Role;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Kind, Problem};

pub(super) async fn handler(
    State(api): State<Api>,
    _role: Role,
    Named(id): Named<SandboxId>,
) -> Result<Json<Route>, Problem> {
    let route = current(&api, &id).await?;
    Ok(Json(Route::clone(&route)))
}

/// A sandbox's route after everything that was committed before this call.
pub(super) async fn current(api: &Api, id: &SandboxId) -> Result<Arc<Route>, Problem> {
    api.routes.catch_up().await?;
    api.routes.route(id).ok_or_else(|| Kind::SandboxNotFound.into())
}
