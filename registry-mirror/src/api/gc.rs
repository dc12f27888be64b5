//! `POST /v1/gc`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::{Api, body};

/// How much room to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GcRequest {
    /// In bytes; when absent, what is above the budget less its headroom or above the catalogue's bound.
    pub free_bytes: Option<u64>,
}

/// How much room was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GcResult {
    /// In bytes.
    pub freed_bytes: u64,
}

pub(super) async fn run(State(api): State<Api>, bytes: Bytes) -> Result<Json<GcResult>, Problem> {
    let request: GcRequest = body::read(&bytes)?;
    let room = &api.fills.bounds().room;
    let freed_bytes = match request.free_bytes {
        Some(0) => 0,
        Some(wanted) => room.free(wanted).await,
        None => room.tidy().await,
    };
    Ok(Json(GcResult { freed_bytes }))
}
