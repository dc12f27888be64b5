//! The operators' console: its page, its assets, and the exchange of a login link for a session.

mod assets;
mod page;
mod session;

use axum::Router;
use axum::routing::{get, post};

use crate::context::Api;

/// The console's paths.
pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/console", get(page::handler))
        .route("/console/session", post(session::begin).delete(session::end))
        .route("/_qj/assets/{name}", get(assets::handler))
}
