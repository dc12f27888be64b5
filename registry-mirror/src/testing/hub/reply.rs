//! Answers of a fake registry.

use std::io;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;

use super::error_body;

/// The body of an answer.
pub(super) type Reply = UnsyncBoxBody<Bytes, io::Error>;

/// A body of these bytes.
pub(super) fn full(bytes: impl Into<Bytes>) -> Reply {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An answer with a status and a body.
pub(super) fn reply(status: StatusCode, body: Reply) -> Response<Reply> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// The answer with a header more; one that cannot be written is left out.
pub(super) fn with(mut response: Response<Reply>, name: HeaderName, value: &str) -> Response<Reply> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

pub(super) fn json_reply(status: StatusCode, body: &Value) -> Response<Reply> {
    with(reply(status, full(body.to_string())), CONTENT_TYPE, "application/json")
}

/// An error as the specification has it.
pub(super) fn refusal(status: StatusCode, code: &str) -> Response<Reply> {
    json_reply(status, &error_body(code))
}

/// The answer to HEAD: the length without the bytes.
pub(super) fn head_only(response: Response<Reply>, length: u64) -> Response<Reply> {
    let response = with(response, CONTENT_LENGTH, &length.to_string());
    response.map(|_| full(Bytes::new()))
}
