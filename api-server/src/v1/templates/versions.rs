//! `GET /v1/templates/{name}/versions`

use axum::Json;
use axum::extract::State;
use domain::id::TemplateName;

use crate::auth::Caller;
use crate::context::Api;
use crate::params::Params;
use crate::path::Named;
use crate::problem::{Kind, Problem, ProblemBody};
use crate::view::{Listed, TemplateView};

/// Lists the versions of a template, newest first.
#[utoipa::path(
    get, path = "/v1/templates/{name}/versions", operation_id = "template_versions", tag = "templates",
    params(
        ("name" = String, Path, description = "The template's name"),
        ("limit" = Option<u32>, Query, description = "Items of the page, 1 to 500"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Listed<TemplateView>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    _caller: Caller,
    Named(name): Named<TemplateName>,
    params: Params,
) -> Result<Json<Listed<TemplateView>>, Problem> {
    let page = params.only(&["limit", "cursor"])?.page()?;
    let versions = api.store.templates().versions(&name, page).await;
    let versions = versions.map_err(|error| Problem::stored(error, Kind::TemplateNotFound))?;
    Ok(Json(Listed::of(versions, Into::into)))
}
