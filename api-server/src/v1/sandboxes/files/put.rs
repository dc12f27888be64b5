//! `PUT /v1/sandboxes/{id}/files/{machine}/{path}`

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};

use super::{Call, File, ask};
use crate::auth::Caller;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};

/// Writes a file, whole or not at all; missing folders are made.
#[utoipa::path(
    put, path = "/v1/sandboxes/{id}/files/{machine}/{*path}", operation_id = "sandbox_file_put", tag = "files",
    params(
        ("id" = String, Path, description = "The sandbox"),
        ("machine" = String, Path, description = "The machine"),
        ("path" = String, Path, description = "The path"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "Written: `{\"size_bytes\": …}`"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    file: File,
    body: Body,
) -> Result<Response, Problem> {
    let answer = ask(&api, &caller, &file, Call { method: Method::PUT, body, recursive: false }).await?;
    let mut response = Response::new(Body::new(answer.into_body()));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
