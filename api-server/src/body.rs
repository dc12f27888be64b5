//! Reads a JSON body: its type, its size, its syntax; then its fields, each mistake by its name.

use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::limits::{BODY_BYTES_MAX, BODY_READ_TIMEOUT};
use crate::problem::{Kind, Problem};

/// A JSON body as it was sent, at most `BYTES_MAX` long. No body at all counts as `{}`.
#[derive(Debug)]
pub(crate) struct Sent<const BYTES_MAX: usize = BODY_BYTES_MAX>(pub(crate) Value);

impl<const BYTES_MAX: usize> Sent<BYTES_MAX> {
    /// The fields as `T`.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        read(&self.0)
    }
}

/// A value's fields as `T`.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    if !value.is_object() {
        return Err(Problem::field("", "the body is no object", "a JSON object"));
    }
    domain::field::read(value).map_err(|mut error| {
        error.message = without_value(error.message);
        Problem::fields(vec![error])
    })
}

/// serde quotes a text of the wrong type; it may be a secret that slipped into another field.
fn without_value(message: String) -> String {
    let is_quoting =
        message.starts_with("invalid type: string") || message.starts_with("invalid value: string");
    if is_quoting { "invalid type or value: string".to_owned() } else { message }
}

impl<S: Send + Sync, const BYTES_MAX: usize> FromRequest<S> for Sent<BYTES_MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_json = request.headers().get(CONTENT_TYPE).is_some_and(is_json);
        let limited = Limited::new(request.into_body(), BYTES_MAX);
        let read = tokio::time::timeout(BODY_READ_TIMEOUT, limited.collect());
        let collected = read.await.map_err(|_| Problem::new(Kind::RequestTimeout))?;
        let bytes = collected.map_err(|error| unreadable(error.as_ref(), BYTES_MAX))?.to_bytes();
        if bytes.is_empty() {
            return Ok(Self(Value::Object(Map::new())));
        }
        if !is_json {
            return Err(Kind::UnsupportedMediaType.into());
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| not_json(&error))
    }
}

fn is_json(value: &http::HeaderValue) -> bool {
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn unreadable(error: &(dyn std::error::Error + Send + Sync + 'static), bytes_max: usize) -> Problem {
    if error.is::<LengthLimitError>() {
        return Problem::new(Kind::BodyTooLarge).detail(format!("at most {bytes_max} bytes are taken here"));
    }
    Problem::new(Kind::InvalidJson).detail("the body broke off")
}

/// serde's own words may quote the body, which may hold secrets; the place is enough.
fn not_json(error: &serde_json::Error) -> Problem {
    let detail = format!("not JSON at line {}, column {}", error.line(), error.column());
    Problem::new(Kind::InvalidJson).detail(detail)
}
