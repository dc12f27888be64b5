//! `GET /v1/templates`

use axum::Json;
use axum::extract::State;

use crate::auth::Caller;
use crate::context::Api;
use crate::params::Params;
use crate::problem::{Problem, ProblemBody};
use crate::view::{Listed, TemplateView};

/// Lists the templates, each in its newest version.
#[utoipa::path(
    get, path = "/v1/templates", operation_id = "template_list", tag = "templates",
    params(
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
    params: Params,
) -> Result<Json<Listed<TemplateView>>, Problem> {
    let page = params.only(&["limit", "cursor"])?.page()?;
    Ok(Json(Listed::of(api.store.templates().list(page).await?, Into::into)))
}
