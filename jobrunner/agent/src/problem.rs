//! Refusals and failures as the callers read them: a status, a stable slug and a sentence.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use serde::Serialize;

/// The body of every answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;
/// What every endpoint gives back.
pub(crate) type Answer = Result<Response<Body>, Problem>;

/// An answer that is not what the caller hoped for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The stable slug, `type` in JSON.
    pub(crate) slug: &'static str,
    /// A sentence for people that names the field and the remedy.
    pub(crate) detail: String,
}

impl Problem {
    /// A problem with any status.
    pub(crate) fn new(status: StatusCode, slug: &'static str, detail: impl Into<String>) -> Self {
        Self { status, slug, detail: detail.into() }
    }

    /// The request itself is wrong: 400.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// One of the agent's limits is reached: 429.
    pub(crate) fn too_many(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", detail)
    }

    /// The problem as an answer.
    pub(crate) fn into_response(self) -> Response<Body> {
        #[derive(Serialize)]
        struct Shape<'a> {
            r#type: &'a str,
            status: u16,
            detail: &'a str,
        }
        let shape = Shape { r#type: self.slug, status: self.status.as_u16(), detail: &self.detail };
        let mut response = json(self.status, &shape);
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// An answer whose body is `value` as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(full(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A body that is all there.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response
}
