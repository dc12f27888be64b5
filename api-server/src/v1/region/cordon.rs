//! `POST /v1/region/cordon`

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::CordonView;
use crate::auth::Operator;
use crate::body::Sent;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};

const REASON_BYTES_MAX: usize = 500;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cordon {
    /// Said to whoever is refused.
    reason: String,
}

/// Takes no new sandboxes; those that exist go on, and can be stopped and started.
#[utoipa::path(
    post, path = "/v1/region/cordon", operation_id = "region_cordon", tag = "region",
    request_body = Cordon,
    responses(
        (status = 200, body = CordonView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    _operator: Operator,
    sent: Sent,
) -> Result<Json<CordonView>, Problem> {
    let Cordon { reason } = sent.read()?;
    if reason.trim().is_empty() || reason.len() > REASON_BYTES_MAX {
        let allowed = format!("1 to {REASON_BYTES_MAX} bytes of text");
        return Err(Problem::field("reason", "is empty or too long", allowed));
    }
    api.store.region().cordon(Some(reason.clone())).await?;
    api.region_state.forget();
    Ok(Json(CordonView { cordoned: Some(reason) }))
}
