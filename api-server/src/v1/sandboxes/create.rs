//! `POST /v1/sandboxes`

mod prepare;
mod request;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::phase::Phase;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use store::Created;
use utoipa::ToSchema;

pub(crate) use prepare::{Prepared, prepare};
pub(crate) use request::CreateSandbox;

use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::problem::{FieldProblem, Kind, Problem, ProblemBody};
use crate::view::SandboxView;

/// A sandbox that was created, or that the same request created before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CreatedSandbox {
    /// The sandbox.
    #[serde(flatten)]
    pub(crate) sandbox: SandboxView,
    /// Fields of the request that this release doesn't know and ignored.
    pub(crate) warnings: Vec<FieldProblem>,
}

/// Creates a sandbox.
///
/// 201 when it is ready at once, else 202 with its phase; lack of room is never an error: it is `queued` with its
/// place. The same `ref` with the same request gives the same sandbox, with another request 409.
#[utoipa::path(
    post, path = "/v1/sandboxes", operation_id = "sandbox_create", tag = "sandboxes",
    request_body = CreateSandbox,
    responses(
        (status = 202, body = CreatedSandbox), (status = 201, body = CreatedSandbox),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Sent(sent): Sent,
) -> Result<Response, Problem> {
    let Prepared { new, template, warnings } = prepare(&api, &caller, &sent).await?;
    let created = match refused_by_cordon(&api, &new).await? {
        Some(created) => created,
        None => api.store.intent().create(new).await?,
    };
    let sandbox = api.show_with(&created.sandbox, &template).await?;
    Ok(answer(CreatedSandbox { sandbox, warnings }))
}

/// While the region is cordoned only a repeated request gets its sandbox.
pub(crate) async fn refused_by_cordon(
    api: &Api,
    new: &store::NewSandbox,
) -> Result<Option<Created>, Problem> {
    let state = api.region_state.get(&api.store).await?;
    let Some(reason) = &state.cordoned else { return Ok(None) };
    let digest = api.store.intent().request_digest_of(&new.tenant, &new.r#ref).await?;
    if digest.as_ref() == Some(&new.request_digest)
        && let Some(sandbox) = api.store.sandboxes().find(&new.tenant, &new.r#ref).await?
    {
        return Ok(Some(Created { sandbox, existing: true }));
    }
    Err(Problem::new(Kind::RegionCordoned).detail(reason.clone()))
}

fn answer(created: CreatedSandbox) -> Response {
    let status = match created.sandbox.phase {
        Phase::Ready => StatusCode::CREATED,
        _ => StatusCode::ACCEPTED,
    };
    let location = HeaderValue::try_from(format!("/v1/sandboxes/{}", created.sandbox.id));
    let mut response = (status, Json(created)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
