//! `GET /v1/capacity`

use axum::Json;
use axum::extract::State;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};
use crate::view::ResourcesView;

/// How much room the region has.
#[derive(Serialize, ToSchema)]
pub(crate) struct CapacityView {
    /// When this was true; null until the jobrunner has looked.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// All there is.
    total: Option<ResourcesView>,
    /// What is taken.
    used: Option<ResourcesView>,
    /// The largest machine that could ever fit.
    largest: Option<ResourcesView>,
    /// Sandboxes that wait for room.
    queued: usize,
    /// Kinds of machine that the region has providers for.
    runs: Vec<String>,
    /// Why the region takes no new sandboxes; null when it does.
    cordoned: Option<String>,
}

/// How much room there is, who waits for it, and whether the region is cordoned.
#[utoipa::path(
    get, path = "/v1/capacity", operation_id = "capacity", tag = "region",
    responses(
        (status = 200, body = CapacityView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(State(api): State<Api>, _caller: Caller) -> Result<Json<CapacityView>, Problem> {
    let state = api.region_state.get(&api.store).await?;
    let queued = api.store.sandboxes().waiting().await?.len();
    let capacity = state.capacity;
    Ok(Json(CapacityView {
        as_of: capacity.map(|capacity| capacity.as_of),
        total: capacity.map(|capacity| capacity.total.into()),
        used: capacity.map(|capacity| capacity.used.into()),
        largest: capacity.map(|capacity| capacity.largest.into()),
        queued,
        runs: api.config.runs.clone(),
        cordoned: state.cordoned.clone(),
    }))
}
