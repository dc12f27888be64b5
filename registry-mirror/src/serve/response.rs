//! An answer before it is on the wire.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use bytes::Bytes;

use super::endpoint::Endpoint;
use super::problem::Problem;
use super::status::Status;
use crate::blob::{Blob, How};

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: Status,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Of the body, in bytes; of the body that a GET would get when this answers a HEAD.
    pub(super) length: u64,
    pub(super) body: Body,
    /// How the request met its content, for metrics.
    pub(super) how: Option<How>,
    /// Whether the connection ends with it.
    pub(super) closes: bool,
}

/// The bytes of an answer.
#[derive(Debug)]
pub(super) enum Body {
    None,
    Bytes(Bytes),
    Blob(Blob, Range<u64>),
}

impl Response {
    pub(super) const fn new(status: Status) -> Self {
        Self { status, headers: Vec::new(), length: 0, body: Body::None, how: None, closes: false }
    }

    /// A body that is here already.
    pub(super) fn full(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let mut response = Self::new(Status::Ok).with("Content-Type", content_type);
        response.length = bytes.len() as u64;
        response.body = Body::Bytes(bytes);
        response
    }

    pub(super) fn problem(problem: &Problem, request_id: &str) -> Self {
        let mut response = Self::full("application/json", problem.to_json(request_id));
        response.status = problem.status;
        response.closes = problem.closes;
        if problem.status == Status::MethodNotAllowed {
            response = response.with("Allow", "GET, HEAD");
        }
        match problem.retry_after_s {
            Some(seconds) => response.with("Retry-After", seconds.to_string()),
            None => response,
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn met(mut self, how: How) -> Self {
        self.how = Some(how);
        self.with("X-Mirror", word(how))
    }

    /// The same without its body, as a HEAD gets it.
    pub(super) fn without_body(mut self) -> Self {
        self.body = Body::None;
        self
    }

    /// The head as it goes on the wire.
    pub(super) fn head(&self, common: &Common<'_>) -> String {
        let mut head = String::with_capacity(512);
        let mut line = |name: &str, value: &str| {
            // Writing into a String cannot fail.
            let _written = write!(head, "{name}{}\r\n", one_line(value));
        };
        line("HTTP/1.1 ", self.status.line());
        line("Date: ", common.date);
        line("Docker-Distribution-API-Version: ", "registry/2.0");
        line("X-Request-Id: ", common.request_id);
        if let Some(namespace) = common.namespace {
            line("OCI-Namespace: ", namespace);
        }
        for (name, value) in &self.headers {
            line(&format!("{name}: "), value);
        }
        if self.status != Status::NotModified {
            line("Content-Length: ", &self.length.to_string());
        }
        if common.closes {
            line("Connection: ", "close");
        }
        line("", "");
        head
    }
}

/// What every answer carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common<'r> {
    pub(super) date: &'r str,
    pub(super) request_id: &'r str,
    pub(super) namespace: Option<&'r str>,
    pub(super) closes: bool,
}

/// A value that came from an upstream or a client must not begin a header of its own.
fn one_line(value: &str) -> Cow<'_, str> {
    let fits = |character: char| matches!(character, ' '..='~');
    if value.chars().all(fits) {
        return Cow::Borrowed(value);
    }
    value.chars().map(|character| if fits(character) { character } else { '?' }).collect::<String>().into()
}

/// As `X-Mirror` says it.
pub(super) const fn word(how: How) -> &'static str {
    match how {
        How::Hit => "hit",
        How::Join => "join",
        How::Lead => "lead",
        How::Stale => "stale",
    }
}

/// What becomes of a request: its endpoint and its answer.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) endpoint: Endpoint,
    pub(super) namespace: Option<String>,
    pub(super) response: Response,
}
