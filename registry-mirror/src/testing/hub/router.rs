//! Which part of a fake registry answers a request.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{LOCATION, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::reply::{Reply, full, json_reply, refusal, reply, with};
use super::state::State;
use super::{blobs, listing, manifests, tokens};
use crate::testing::trouble::Trouble;

pub(super) fn answer(request: &Request<Incoming>, state: &Arc<State>) -> Response<Reply> {
    let path = request.uri().path();
    state.counts.note(format!("{} {path}", request.method()));
    if path == "/token" {
        return tokens::issue(state, request.headers(), request.uri().query().unwrap_or_default());
    }
    if let Some(trouble) = general_trouble(request, state) {
        return trouble;
    }
    let Some(rest) = path.strip_prefix("/v2/") else { return refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN") };
    if rest.is_empty() {
        return match tokens::admit(state, request.headers(), None) {
            Ok(()) => json_reply(StatusCode::OK, &json!({})),
            Err(challenge) => *challenge,
        };
    }
    let Some((repository, kind, what)) = split(rest) else {
        return refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
    };
    if let Err(challenge) = tokens::admit(state, request.headers(), Some(repository)) {
        return *challenge;
    }
    match kind {
        "manifests" => manifests::answer(request, state, repository, what),
        "blobs" => blobs::answer(request, state, repository, what),
        "tags" => listing::tags(state, repository, request.uri().query().unwrap_or_default()),
        _ => listing::referrers(state, repository, what),
    }
}

/// `<repository>/<kind>/<rest>`; a repository may hold the kinds' words itself, so the last one counts.
fn split(path: &str) -> Option<(&str, &str, &str)> {
    let (front, what) = path.rsplit_once('/')?;
    let (repository, kind) = front.rsplit_once('/')?;
    matches!(kind, "manifests" | "blobs" | "tags" | "referrers").then_some((repository, kind, what))
}

fn general_trouble(request: &Request<Incoming>, state: &State) -> Option<Response<Reply>> {
    let is_head = request.method() == Method::HEAD;
    let path = request.uri().path().to_owned();
    state.trouble.find(|trouble| match trouble {
        Trouble::Limited { retry_after } => {
            let refused = refusal(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS");
            Some(match retry_after {
                Some(wait) => with(refused, RETRY_AFTER, &wait.as_secs().to_string()),
                None => refused,
            })
        }
        Trouble::ServerError => Some(refusal(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN")),
        Trouble::Denied => Some(refusal(StatusCode::FORBIDDEN, "DENIED")),
        Trouble::NoHead if is_head => Some(refusal(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED")),
        Trouble::RedirectLoop => Some(with(reply(StatusCode::FOUND, full("")), LOCATION, &path)),
        _ => None,
    })
}
