//! `GET /v1/capabilities`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::context::Api;
use crate::limits::{BODY_BYTES_MAX, BULK_ITEMS_MAX, PAGE_ITEMS_MAX, TEMPLATE_BYTES_MAX};
use crate::problem::ProblemBody;

/// What a platform can count on in this region.
#[derive(Serialize, ToSchema)]
pub(crate) struct Capabilities {
    /// The region.
    region: String,
    /// The release of its api-server.
    version: &'static str,
    /// Versions of the API.
    api: &'static [&'static str],
    /// Kinds of machine.
    runs: Vec<String>,
    /// Kinds of place that a machine of a template may name as its `placement`.
    placements: Vec<String>,
    /// Features by name; a platform ignores those that it doesn't know.
    features: &'static [&'static str],
    /// The domain below which apps have their hosts.
    domain: String,
    /// Limits of requests.
    limits: Limits,
}

/// Limits of requests.
#[derive(Serialize, ToSchema)]
struct Limits {
    /// Items of a bulk request.
    bulk_items: usize,
    /// Items of a page.
    page_items: u32,
    /// Bytes of a JSON body.
    body_bytes: usize,
    /// Bytes of a template.
    template_bytes: usize,
    /// Requests per second and key.
    requests_per_s: u32,
}

const FEATURES: &[&str] = &[
    "access",
    "batch",
    "events",
    "events.watch",
    "exec",
    "exec.ndjson",
    "files",
    "queue",
    "reset.template",
    "secrets",
    "wake",
];

/// Versions, features and limits of this region.
#[utoipa::path(
    get, path = "/v1/capabilities", operation_id = "capabilities", tag = "region",
    responses(
        (status = 200, body = Capabilities),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(State(api): State<Api>, _caller: Caller) -> Json<Capabilities> {
    Json(Capabilities {
        region: api.region.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        api: &["v1"],
        runs: api.config.runs.clone(),
        placements: api.config.placements.iter().map(ToString::to_string).collect(),
        features: FEATURES,
        domain: api.config.domain.clone(),
        limits: Limits {
            bulk_items: BULK_ITEMS_MAX,
            page_items: PAGE_ITEMS_MAX,
            body_bytes: BODY_BYTES_MAX,
            template_bytes: TEMPLATE_BYTES_MAX,
            requests_per_s: api.config.requests_per_s,
        },
    })
}
