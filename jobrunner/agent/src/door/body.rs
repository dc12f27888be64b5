//! Requests whose body is JSON.

use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::problem::Problem;

const JSON_MAX_BYTES: usize = 2 * 1024 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The headers and the body, read within limits of size and time. Unknown fields are ignored.
pub(super) async fn json<T: DeserializeOwned>(request: Request<Incoming>) -> Result<(HeaderMap, T), Problem> {
    let (parts, body) = request.into_parts();
    let read = timeout(BODY_TIMEOUT, Limited::new(body, JSON_MAX_BYTES).collect()).await.map_err(|_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_slow",
            "the body did not arrive in time: send it again",
        )
    })?;
    let bytes = read.map_err(|error| broken(error.as_ref()))?.to_bytes();
    let value = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("the body is not the JSON expected here: {error}")))?;
    Ok((parts.headers, value))
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Problem {
    if error.is::<LengthLimitError>() {
        let detail = format!("the body must be at most {JSON_MAX_BYTES} bytes: use /files for more");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail);
    }
    Problem::bad_request("the body broke off")
}
