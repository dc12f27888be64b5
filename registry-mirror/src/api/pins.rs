//! `GET /v1/pins`, `DELETE /v1/pins?image=…`.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Api;
use super::problem::Problem;
use crate::clock::Milliseconds;
use crate::name::Image;

/// An image that is kept whatever happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinView {
    /// As people write it.
    pub image: String,
    /// Until when, in milliseconds since the Unix epoch.
    pub until_ms: Milliseconds,
}

pub(super) async fn list(State(api): State<Api>) -> Result<Json<Vec<PinView>>, Problem> {
    let pins = api.catalog.pins().map_err(|error| Problem::failed(&error))?;
    let pins = pins.into_iter().map(|pin| PinView { image: pin.image.to_string(), until_ms: pin.until_ms });
    Ok(Json(pins.collect()))
}

pub(super) async fn end(State(api): State<Api>, RawQuery(query): RawQuery) -> Result<StatusCode, Problem> {
    match api.warmer.unpin(&image(&query.unwrap_or_default())?) {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(Problem::unknown_pin()),
        Err(error) => Err(Problem::failed(&error)),
    }
}

fn image(query: &str) -> Result<Image, Problem> {
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let written = parameters.find(|(name, _)| name == "image").map(|(_, value)| value);
    let Some(written) = written else { return Err(Problem::field("image", "is needed: ?image=debian:12")) };
    written.parse().map_err(|error| Problem::field("image", error))
}
