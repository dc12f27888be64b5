//! `GET /v1/capacity`

use axum::Json;
use axum::extract::State;
use domain::provider::{Capacity, Nodes};
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
    /// The largest machine without a placement that could ever fit.
    largest: Option<ResourcesView>,
    /// The nodes that take machines now, those that are alike together; of very many, similar ones too, each as if it
    /// had what the least of them has. A machine fits if it fits on one. Empty until the jobrunner has looked.
    nodes: Vec<NodesView>,
    /// Nodes that may be added for machines that find no room on those.
    coming: Vec<NodesView>,
    /// Sandboxes that wait for room.
    queued: usize,
    /// Kinds of machine that the region has providers for.
    runs: Vec<String>,
    /// Why the region takes no new sandboxes; null when it does.
    cordoned: Option<String>,
}

/// Nodes that are alike.
#[derive(Serialize, ToSchema)]
#[schema(as = Nodes)]
pub(crate) struct NodesView {
    /// How many.
    count: u64,
    /// What sandboxes could have of each, if none ran.
    room: ResourcesView,
    /// How much of that is free on each.
    free: ResourcesView,
}

impl From<&Nodes> for NodesView {
    fn from(of: &Nodes) -> Self {
        Self { count: of.count, room: of.room.into(), free: of.free.into() }
    }
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
    let capacity = state.capacity.as_ref();
    let nodes = |of: fn(&Capacity) -> &[Nodes]| capacity.map(of).unwrap_or_default().iter().map(Into::into);
    Ok(Json(CapacityView {
        as_of: capacity.map(|capacity| capacity.as_of),
        total: capacity.map(|capacity| capacity.total.into()),
        used: capacity.map(|capacity| capacity.used.into()),
        largest: capacity.map(|capacity| capacity.largest.into()),
        nodes: nodes(|capacity| &capacity.nodes).collect(),
        coming: nodes(|capacity| &capacity.coming).collect(),
        queued,
        runs: api.config.runs.clone(),
        cordoned: state.cordoned.clone(),
    }))
}
