//! Writes a problem down: the one place where `application/problem+json` is made.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::{Kind, Problem};
use crate::request_id::RequestId;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The answer as it goes out: a marked problem gets its body, everything else passes. Answers the problem for
/// the log.
pub(crate) fn render(mut response: Response, id: &RequestId) -> (Response, Option<Problem>) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return (response, None) };
    let bytes = serde_json::to_vec(&problem.body(Some(&id.0))).unwrap_or_default();
    let allow = response.headers_mut().remove(ALLOW);
    let mut written = Response::new(Body::from(bytes));
    *written.status_mut() = problem.status();
    let headers = written.headers_mut();
    headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(allow) = allow {
        headers.insert(ALLOW, allow);
    }
    if let Some(seconds) = problem.0.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.kind() == Kind::Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"qingjiao\""));
    }
    debug_assert_ne!(written.status(), StatusCode::OK);
    (written, Some(problem))
}
