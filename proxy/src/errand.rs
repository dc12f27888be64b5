//! Requests to an agent itself: with our right to enter, and nothing of the visitor's but what is named.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Either;
use hyper::body::Incoming;

use crate::agent;
use crate::body::{self, Body};
use crate::door::{self, Door};
use crate::forward::{self, Answered};
use crate::problem::Problem;
use crate::visit::Visit;

/// The largest refusal of an agent that is read.
const REFUSAL_BYTES_MAX: usize = 8 * 1024;

/// Passes a request with its body on to `path` of the agent, and the answer back.
///
/// # Errors
/// There is no way in, or the agent doesn't answer.
pub(crate) async fn forward(
    visit: &Visit,
    asked: Request<Incoming>,
    path: &str,
) -> Result<Response<Body>, Problem> {
    let opened = door::open(visit, Door::Agent).await?;
    let (head, body) = asked.into_parts();
    let mut request = request(head.method, path, &opened.token)?;
    keep(&mut request, &head.headers, &[CONTENT_LENGTH, CONTENT_TYPE]);
    let answered = forward::send(opened, request.map(|()| Either::Left(body))).await?;
    if answered.response.status() == StatusCode::FORBIDDEN {
        return refused(visit, answered).await;
    }
    Ok(forward::stream(visit, answered))
}

/// A request to `path` of the agent that lets `token` in.
///
/// # Errors
/// The path or the token is malformed.
pub(crate) fn request(method: Method, path: &str, token: &str) -> Result<Request<()>, Problem> {
    let malformed = || Problem::bad_request("the path of the request is malformed");
    let mut token = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| malformed())?;
    token.set_sensitive(true);
    let request = Request::builder().method(method).uri(path).header(HOST, "agent");
    request.header(AUTHORIZATION, token).body(()).map_err(|_| malformed())
}

/// Takes over the headers that are named.
pub(crate) fn keep(request: &mut Request<()>, from: &HeaderMap, names: &[HeaderName]) {
    for name in names {
        for value in from.get_all(name) {
            request.headers_mut().append(name, value.clone());
        }
    }
}

/// A file may be forbidden, which is the visitor's to know; a forbidden token tells that the route is stale. The body
/// is gone by then, so only the next request finds the right machine.
async fn refused(visit: &Visit, answered: Answered) -> Result<Response<Body>, Problem> {
    let bytes = refusal(answered).await.ok_or_else(Problem::machine_unreachable)?;
    if agent::slug(&bytes).as_deref() == Some("token_refused") {
        visit.shared.pulls.newest(&visit.host.sandbox).await;
        return Err(Problem::machine_unreachable());
    }
    Ok(body::full(StatusCode::FORBIDDEN, "application/problem+json", bytes))
}

async fn refusal(answered: Answered) -> Option<Bytes> {
    let Answered { response, line, .. } = answered;
    line.collect(response.into_body(), REFUSAL_BYTES_MAX).await.ok()
}
