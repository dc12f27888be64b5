//! The endpoints for whoever operates a process: `/livez`, `/readyz`, `/metrics`.
//!
//! They need no credentials and tell no secrets; they are merged into a server of the process or served on an
//! address of their own, never on the students' way in.

mod options;
mod readiness;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::{SharedRegistry, Stop};
pub use options::AdminOptions;
pub use readiness::{Check, Readiness, Report};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the admin endpoints show.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Shown by `/readyz`.
    pub readiness: Readiness,
    /// Shown by `/metrics`.
    pub registry: SharedRegistry,
    /// A process that drains is not ready.
    pub stop: Stop,
}

impl Admin {
    /// The endpoints, to be merged or served.
    pub fn router(self) -> Router {
        Router::new()
            .route("/livez", get(livez))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .with_state(self)
    }
}

/// Answering at all is the whole proof: a component that dies takes the process with it.
async fn livez() -> &'static str {
    "alive\n"
}

async fn readyz(State(admin): State<Admin>) -> Response {
    let report = admin.readiness.report(admin.stop.is_soft());
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn metrics(State(admin): State<Admin>) -> Response {
    match admin.registry.encode() {
        Ok(text) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics can't be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
