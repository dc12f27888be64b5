//! `GET /_qj/assets/{name}`

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use crate::problem::{Kind, Problem};

/// The name carries a hash of the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn handler(Path(name): Path<String>) -> Result<Response, Problem> {
    let asset = web::asset(&name).ok_or(Kind::NotFound)?;
    let headers = [
        (CONTENT_TYPE, asset.content_type.as_str()),
        (CACHE_CONTROL, FOR_EVER),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, asset.bytes).into_response())
}
