//! `GET /v1/templates/{name}`

use axum::Json;
use axum::extract::State;
use domain::id::TemplateName;

use crate::auth::Caller;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Kind, Problem, ProblemBody};
use crate::view::TemplateView;

/// The newest version of a template.
#[utoipa::path(
    get, path = "/v1/templates/{name}", operation_id = "template_get", tag = "templates",
    params(("name" = String, Path, description = "The template's name")),
    responses(
        (status = 200, body = TemplateView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    _caller: Caller,
    Named(name): Named<TemplateName>,
) -> Result<Json<TemplateView>, Problem> {
    let stored = api.store.templates().get(&name, None).await;
    Ok(Json(stored.map_err(|error| Problem::stored(error, Kind::TemplateNotFound))?.into()))
}
