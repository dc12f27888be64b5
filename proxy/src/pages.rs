//! Our own pages on app hosts, and the headers that guard them.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};

use crate::body::{self, Body};
use crate::config::Embedding;
use crate::problem::Problem;

const HTML: &str = "text/html; charset=utf-8";
/// Names of assets carry a hash of their content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// A built page by its name.
pub(crate) fn page(name: &str) -> Response<Body> {
    match web::page(name) {
        Some(html) => body::full(StatusCode::OK, HTML, html),
        None => Problem::unknown_path().to_json(""),
    }
}

/// A script, style or picture of our pages.
pub(crate) fn asset(name: &str) -> Option<Response<Body>> {
    let asset = web::asset(name)?;
    let mut response = body::full(StatusCode::OK, "application/octet-stream", asset.bytes);
    if let Ok(content_type) = HeaderValue::from_str(&asset.content_type) {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response.headers_mut().insert(CACHE_CONTROL, FOR_EVER);
    Some(response)
}

/// A problem for somebody who looks at it in a browser.
pub(crate) fn problem(problem: &Problem, request_id: &str) -> Response<Body> {
    let response = match problem.slug {
        "sandbox_not_ready" => page("waiting"),
        "access_required" => page("denied"),
        _ => body::full(problem.status, HTML, notice(problem, request_id)),
    };
    problem.dress(response)
}

/// What has no page of its own: rare enough to be plain.
fn notice(problem: &Problem, request_id: &str) -> String {
    let detail = problem.detail.replace('&', "&amp;").replace('<', "&lt;");
    let status = problem.status.as_u16();
    format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{status}</title><h1>无法打开 <span lang=\"en\">It can’t be opened</span></h1>\
         <p>请稍后重试，或从课堂重新打开。</p><p lang=\"en\">{detail}.</p>\
         <p><small>{status} {slug} {request_id}</small></p></html>",
        slug = problem.slug,
    )
}

/// Guards an answer of ours: it loads nothing from elsewhere, leaks no address, is framed only by whom we allow.
pub(crate) fn guard(response: &mut Response<Body>, authority: &str, embedding: &Embedding) {
    let headers = response.headers_mut();
    // Safari doesn't count WebSockets of the own host as 'self'; xterm.js writes its measures into style elements.
    let policy = format!(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self' ws://{authority} wss://{authority}; object-src 'none'; base-uri 'none'; \
         form-action 'self'; {}",
        embedding.directive()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
}
