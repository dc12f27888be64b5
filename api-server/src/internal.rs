//! The internal API between the region's roles (docs/protocols.md, section 5). Every request needs the role token.

mod activity;
mod extend;
mod queue;
mod redeem;
mod route;
mod routes;
mod visit;
mod wake;

use axum::Router;
use axum::routing::{get, post};

use crate::context::Api;

/// The internal paths; they are in no public description.
pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/internal/routes", get(routes::handler))
        .route("/internal/routes/{sandbox}", get(route::handler))
        .route("/internal/redeem", post(redeem::handler))
        .route("/internal/wake", post(wake::handler))
        .route("/internal/extend", post(extend::handler))
        .route("/internal/activity", post(activity::handler))
        .route("/internal/queue/{sandbox}", get(queue::handler))
}
