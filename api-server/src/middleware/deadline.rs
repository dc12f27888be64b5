//! A request that is no stream is answered in time, or given up.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use crate::limits::REQUEST_TIMEOUT;
use crate::problem::{Kind, Problem};

/// Answers within the limit.
pub(crate) async fn deadline(request: Request, next: Next) -> Response {
    match timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Kind::TimedOut).because("over the request's time limit").into_response(),
    }
}
