//! `GET /v1/sandboxes/{id}/files/{machine}/{path}`

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::Method;
use http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LAST_MODIFIED,
    X_CONTENT_TYPE_OPTIONS,
};

use super::{Call, File, ask};
use crate::auth::Caller;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};

/// What of the agent's answer is passed on.
const PASSED_ON: [HeaderName; 4] = [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_DISPOSITION, LAST_MODIFIED];

/// A file's bytes, or a folder's entries as JSON. Relative paths begin at the home.
#[utoipa::path(
    get, path = "/v1/sandboxes/{id}/files/{machine}/{*path}", operation_id = "sandbox_file_get", tag = "files",
    params(
        ("id" = String, Path, description = "The sandbox"),
        ("machine" = String, Path, description = "The machine"),
        ("path" = String, Path, description = "The path"),
    ),
    responses(
        (status = 200, description = "The file, or the folder's entries", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(State(api): State<Api>, caller: Caller, file: File) -> Result<Response, Problem> {
    let call = Call { method: Method::GET, body: Body::empty(), recursive: false };
    let answer = ask(&api, &caller, &file, call).await?;
    let passed: Vec<_> =
        PASSED_ON.iter().filter_map(|name| Some((name, answer.headers().get(name)?.clone()))).collect();
    let mut response = Response::new(Body::new(answer.into_body()));
    for (name, value) in passed {
        response.headers_mut().insert(name, value);
    }
    // A student wrote this file: a browser must not take it for a page of ours.
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
