//! Everything the proxy says no to, as people and programs read it.

use std::borrow::Cow;

use domain::phase::Phase;
use domain::route::Route;
use http::header::{ALLOW, CONNECTION, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::body::{self, Body};
use crate::gate::Refusal;
use crate::lease::Ending;
use crate::own::status;

/// A refusal (RFC 9457). The slugs below are the closed list.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) slug: &'static str,
    pub(crate) detail: Cow<'static, str>,
    /// Members beside the standard's own; boxed, as most problems have none.
    extra: Box<Map<String, Value>>,
    retry_after_s: Option<u64>,
    allow: Option<&'static str>,
    /// The bytes behind this request can't be trusted.
    close: bool,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, slug: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        let (detail, extra) = (detail.into(), Box::default());
        Self { status, slug, detail, extra, retry_after_s: None, allow: None, close: false }
    }

    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.extra.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    pub(crate) fn refused(refusal: Refusal) -> Self {
        let slug = match refusal {
            Refusal::Method => "method_not_allowed",
            _ => "bad_request",
        };
        Self { close: true, ..Self::new(refusal.status(), slug, refusal.detail()) }
    }

    pub(crate) fn bad_request(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    pub(crate) fn unknown_host() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_host",
            "there is no environment at this address; open it from your classroom",
        )
    }

    pub(crate) fn misdirected() -> Self {
        let detail = "this host is not served here; use the URL that the platform handed out";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", detail)
    }

    pub(crate) fn unknown_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_path", "there is nothing at this path")
    }

    pub(crate) fn method(allow: &'static str) -> Self {
        let detail = format!("this method is not served here; allowed: {allow}");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        Self { allow: Some(allow), ..problem }
    }

    pub(crate) fn foreign_origin() -> Self {
        let detail = "only pages of this host may do this; send its own Origin header";
        Self::new(StatusCode::FORBIDDEN, "foreign_origin", detail)
    }

    pub(crate) fn api_unavailable() -> Self {
        let detail = "the region's service can't be asked at the moment; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "api_unavailable", detail).retry_after(2)
    }

    /// There is no way in now, for a reason that the sandbox itself tells.
    pub(crate) fn not_ready(route: &Route) -> Self {
        let detail = format!("the sandbox is {}, not ready", route.phase);
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "sandbox_not_ready", detail)
            .with("phase", json!(route.phase))
            .with("wanted", json!(route.wanted))
            .with("cause", status::cause(route))
            .retry_after(patience_s(route.phase))
    }

    /// The machine that the table names doesn't take us.
    pub(crate) fn machine_unreachable() -> Self {
        let detail = "the machine can't be reached at the moment; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "machine_unreachable", detail).retry_after(2)
    }

    pub(crate) fn app_failed(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "app_failed", detail)
    }

    /// The connection ended by our will before there was an answer.
    pub(crate) fn ended(ending: Ending) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "connection_ended", ending.reason()).retry_after(2)
    }

    /// As `application/problem+json`.
    pub(crate) fn to_json(&self, request_id: &str) -> Response<Body> {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(self.slug));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.detail));
        body.extend(Map::clone(&self.extra));
        body.insert("request_id".to_owned(), json!(request_id));
        let text = Value::Object(body).to_string();
        self.dress(body::full(self.status, "application/problem+json", text))
    }

    /// Sets what every form of this problem carries.
    pub(crate) fn dress(&self, mut response: Response<Body>) -> Response<Body> {
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// When it may be worth asking again.
const fn patience_s(phase: Phase) -> u64 {
    match phase {
        Phase::Starting | Phase::Ready => 1,
        Phase::Provisioning => 2,
        Phase::Queued | Phase::Stopping => 5,
        Phase::Stopped | Phase::Failed | Phase::Deleting | Phase::Deleted => 30,
    }
}
