//! `POST /v1/region/uncordon`

use axum::Json;
use axum::extract::State;

use super::CordonView;
use crate::auth::Operator;
use crate::context::Api;
use crate::problem::{Problem, ProblemBody};

/// Takes new sandboxes again.
#[utoipa::path(
    post, path = "/v1/region/uncordon", operation_id = "region_uncordon", tag = "region",
    responses(
        (status = 200, body = CordonView),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    _operator: Operator,
) -> Result<Json<CordonView>, Problem> {
    api.store.region().cordon(None).await?;
    api.region_state.forget();
    Ok(Json(CordonView { cordoned: None }))
}
