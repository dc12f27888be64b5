//! `POST /v1/verify`, `GET /v1/verify`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Api;
use crate::verifier::Verification;

pub(super) async fn begin(State(api): State<Api>) -> (StatusCode, Json<Verification>) {
    (StatusCode::ACCEPTED, Json(api.verifier.begin()))
}

pub(super) async fn show(State(api): State<Api>) -> Json<Verification> {
    Json(api.verifier.progress())
}
