//! `GET /v1/templates/{name}/versions/{version}`

use axum::Json;
use axum::extract::{Path, State};

use crate::auth::Caller;
use crate::context::Api;
use crate::problem::{Kind, Problem, ProblemBody};
use crate::view::TemplateView;

/// One version of a template.
#[utoipa::path(
    get, path = "/v1/templates/{name}/versions/{version}", operation_id = "template_version", tag = "templates",
    params(
        ("name" = String, Path, description = "The template's name"),
        ("version" = String, Path, description = "`sha256:` and 64 hex digits"),
    ),
    responses(
        (status = 200, body = TemplateView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    _caller: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<TemplateView>, Problem> {
    let (Ok(name), Ok(version)) = (name.parse(), version.parse()) else {
        return Err(Kind::TemplateNotFound.into());
    };
    let stored = api.store.templates().get(&name, Some(&version)).await;
    Ok(Json(stored.map_err(|error| Problem::stored(error, Kind::TemplateNotFound))?.into()))
}
