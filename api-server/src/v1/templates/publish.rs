//! `POST /v1/templates/{name}/versions`

use axum::Json;
use axum::extract::State;
use domain::id::TemplateName;
use domain::template::{Template, version_of};
use http::StatusCode;
use serde_json::Value;

use super::fits;
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::limits::TEMPLATE_BYTES_MAX;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::schema::TemplateBody;
use crate::view::TemplateView;

/// Publishes a version of a template.
///
/// Idempotent: the same content is the same version, in every region. 201 when it is new here, 200 when it was
/// published before. Fields that this release doesn't know are refused.
#[utoipa::path(
    post, path = "/v1/templates/{name}/versions", operation_id = "template_publish", tag = "templates",
    params(("name" = String, Path, description = "The template's name")),
    request_body = TemplateBody,
    responses(
        (status = 201, body = TemplateView), (status = 200, body = TemplateView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(name): Named<TemplateName>,
    Sent(sent): Sent<TEMPLATE_BYTES_MAX>,
) -> Result<(StatusCode, Json<TemplateView>), Problem> {
    caller.require_unbound()?;
    let template = read(&sent)?;
    fits::require(&api, &template).await?;
    let inexact =
        || Problem::field("", "a number is beyond double precision", "numbers that JSON can carry exactly");
    let version = version_of(&sent).ok_or_else(inexact)?;
    let published = api.store.templates().publish(&name, &version, &sent).await?;
    let status = if published.new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(published.template.into())))
}

fn read(sent: &Value) -> Result<Template, Problem> {
    if !sent.is_object() {
        return Err(Problem::field("", "the body is no object", "a template as a JSON object"));
    }
    Template::parse(sent).map_err(Problem::fields)
}
