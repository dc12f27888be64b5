//! `GET /v1/tenants`

use axum::Json;
use axum::extract::State;

use crate::auth::Caller;
use crate::context::Api;
use crate::params::Params;
use crate::problem::{Problem, ProblemBody};
use crate::view::{Listed, TenantView};

/// Lists the tenants; a key that is bound to one sees that one.
#[utoipa::path(
    get, path = "/v1/tenants", operation_id = "tenant_list", tag = "tenants",
    params(
        ("limit" = Option<u32>, Query, description = "Items of the page, 1 to 500"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Listed<TenantView>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
) -> Result<Json<Listed<TenantView>>, Problem> {
    let page = params.only(&["limit", "cursor"])?.page()?;
    let tenants = api.store.tenants();
    let Some(own) = caller.bound_to() else {
        return Ok(Json(Listed::of(tenants.list(page).await?, Into::into)));
    };
    match tenants.get(own).await {
        Ok(tenant) => Ok(Json(Listed::whole(vec![tenant.into()]))),
        Err(store::Error::NotFound) => Ok(Json(Listed::whole(Vec::new()))),
        Err(error) => Err(error.into()),
    }
}
