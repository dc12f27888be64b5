//! `PUT /v1/tenants/{id}`

use axum::Json;
use axum::extract::State;
use domain::id::TenantId;
use domain::quota::Quota;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::path::Named;
use crate::problem::{Problem, ProblemBody};
use crate::view::{QuotaView, TenantView};

/// A tenant's limits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutTenant {
    /// What it may use at once; a limit that is absent doesn't limit.
    #[serde(default)]
    #[schema(value_type = QuotaView)]
    quota: Quota,
}

/// Makes a tenant, or sets its limits anew. What runs already goes on running.
#[utoipa::path(
    put, path = "/v1/tenants/{id}", operation_id = "tenant_put", tag = "tenants",
    params(("id" = String, Path, description = "The tenant")),
    request_body = PutTenant,
    responses(
        (status = 200, body = TenantView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<TenantId>,
    sent: Sent,
) -> Result<Json<TenantView>, Problem> {
    caller.require_unbound()?;
    let put: PutTenant = sent.read()?;
    Ok(Json(api.store.tenants().put(&id, put.quota).await?.into()))
}
