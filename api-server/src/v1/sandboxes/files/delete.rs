//! `DELETE /v1/sandboxes/{id}/files/{machine}/{path}`

use axum::body::Body;
use axum::extract::State;
use http::{Method, StatusCode};

use super::{Call, File, ask};
use crate::auth::Caller;
use crate::context::Api;
use crate::params::Params;
use crate::problem::{Problem, ProblemBody};

/// Deletes a file, or an empty folder; with `recursive=true` a folder and what is in it.
#[utoipa::path(
    delete, path = "/v1/sandboxes/{id}/files/{machine}/{*path}", operation_id = "sandbox_file_delete", tag = "files",
    params(
        ("id" = String, Path, description = "The sandbox"),
        ("machine" = String, Path, description = "The machine"),
        ("path" = String, Path, description = "The path"),
        ("recursive" = Option<bool>, Query, description = "Also what is in a folder"),
    ),
    responses(
        (status = 204, description = "Gone"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    file: File,
    params: Params,
) -> Result<StatusCode, Problem> {
    let recursive = params.only(&["recursive"])?.one("recursive")?.unwrap_or(false);
    let call = Call { method: Method::DELETE, body: Body::empty(), recursive };
    ask(&api, &caller, &file, call).await?;
    Ok(StatusCode::NO_CONTENT)
}
