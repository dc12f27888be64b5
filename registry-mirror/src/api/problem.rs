//! What the management API says no to (RFC 9457), from one closed list of slugs.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    slug: &'static str,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, slug: &'static str, detail: impl Into<String>) -> Self {
        Self { status, slug, detail: detail.into() }
    }

    /// A field of the request is wrong.
    pub(super) fn field(field: &str, message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", format!("`{field}`: {message}"))
    }

    /// The body is not the JSON that is asked for.
    pub(super) fn body(error: &serde_json::Error) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", format!("the body: {error}"))
    }

    pub(super) fn unknown_job() -> Self {
        let detail = "there is no such warm job; the mirror remembers the last 1000 since its start";
        Self::new(StatusCode::NOT_FOUND, "unknown_job", detail)
    }

    pub(super) fn unknown_pin() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_pin",
            "this image is not pinned; GET /v1/pins lists those that are",
        )
    }

    pub(super) fn unknown_path() -> Self {
        let detail =
            "there is nothing at this path; see /v1/status, /v1/warm, /v1/pins, /v1/gc and /v1/verify";
        Self::new(StatusCode::NOT_FOUND, "unknown_path", detail)
    }

    pub(super) fn wrong_method() -> Self {
        let detail = "this method is not served here; the Allow header names those that are";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    pub(super) fn foreign_origin() -> Self {
        let detail = "web pages may not steer a mirror; ask without an Origin header";
        Self::new(StatusCode::FORBIDDEN, "foreign_origin", detail)
    }

    pub(super) fn busy(error: &impl std::fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string())
    }

    /// The mirror's own disk failed; what exactly is in its log.
    pub(super) fn failed(error: &impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a question to the management API failed");
        let detail = "the mirror cannot read or write its folder; its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "type": self.slug, "status": self.status.as_u16(), "detail": self.detail });
        (self.status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}
