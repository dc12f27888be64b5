//! `GET /v1/tenants/{id}`

use axum::Json;
use axum::extract::State;
use domain::id::TenantId;

use crate::auth::Caller;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Kind, Problem, ProblemBody};
use crate::view::TenantView;

/// A tenant with its limits and what it uses.
#[utoipa::path(
    get, path = "/v1/tenants/{id}", operation_id = "tenant_get", tag = "tenants",
    params(("id" = String, Path, description = "The tenant")),
    responses(
        (status = 200, body = TenantView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<TenantId>,
) -> Result<Json<TenantView>, Problem> {
    if !caller.may_see(&id) {
        return Err(Kind::TenantNotFound.into());
    }
    let tenant = api.store.tenants().get(&id).await;
    Ok(Json(tenant.map_err(|error| Problem::stored(error, Kind::TenantNotFound))?.into()))
}
