//! The outermost layer: request id, contained panics, problems written down, log and metrics.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::{HeaderValue, Method};
use tokio::time::Instant;

use crate::context::Api;
use crate::problem::{Kind, Problem, render};
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::server::STORE;

/// What of a request is told afterwards; never its query or body.
struct Told {
    id: RequestId,
    method: Method,
    /// As it stands in the router.
    endpoint: String,
    began: Instant,
}

/// Answers every request, whatever happens inside.
pub(crate) async fn answer(State(api): State<Api>, request: Request, next: Next) -> Response {
    let told = Told {
        id: RequestId::of(request.headers(), api.random.as_ref()),
        method: request.method().clone(),
        endpoint: endpoint(&request),
        began: Instant::now(),
    };
    let inner = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    // The panic hook has logged where it happened.
    let inner = inner.unwrap_or_else(|_| Problem::new(Kind::Internal).because("panic").into_response());
    let (mut response, problem) = render(inner, &told.id);
    if let Ok(value) = HeaderValue::from_str(&told.id.0) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    let took = told.began.elapsed();
    api.metrics.answered(&told.endpoint, response.status(), took);
    tell(&api, &told, (&response, took), problem.as_ref());
    response
}

fn endpoint(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned())
}

fn tell(api: &Api, told: &Told, (response, took): (&Response, Duration), problem: Option<&Problem>) {
    let Told { id, method, endpoint, .. } = told;
    let status = response.status().as_u16();
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match problem.map(|problem| (problem.kind(), problem.reason())) {
        // Readiness logs the change, once; every refused request would be noise.
        Some((Kind::StoreUnavailable, Some(reason))) => {
            api.readiness.set(STORE, Err(reason));
            tracing::debug!(request.id = %id.0, %method, endpoint, status, ms, reason, "store unavailable");
        }
        Some((Kind::Internal, reason)) => {
            let reason = reason.unwrap_or_default();
            tracing::error!(request.id = %id.0, %method, endpoint, status, ms, reason, "request failed");
        }
        Some((kind, Some(reason))) => {
            let problem = kind.entry().slug;
            tracing::warn!(request.id = %id.0, %method, endpoint, status, ms, problem, reason, "request refused");
        }
        Some((kind, None)) => {
            let problem = kind.entry().slug;
            tracing::debug!(request.id = %id.0, %method, endpoint, status, ms, problem, "request refused");
        }
        None => tracing::debug!(request.id = %id.0, %method, endpoint, status, ms, "request"),
    }
}
