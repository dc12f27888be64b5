//! Lists of a fake registry: tags and referrers.

use std::collections::HashMap;

use hyper::header::{CONTENT_TYPE, LINK};
use hyper::{Response, StatusCode};
use serde_json::json;

use super::reply::{Reply, full, json_reply, refusal, reply, with};
use super::state::State;
use crate::manifest::OCI_INDEX;

pub(super) fn tags(state: &State, repository: &str, query: &str) -> Response<Reply> {
    let pairs: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let limit = pairs.get("n").and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let last = pairs.get("last").cloned().unwrap_or_default();
    let content = state.content.lock();
    let Some(found) = content.repositories.get(repository) else {
        return refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
    };
    let after: Vec<&String> = found.tags.keys().filter(|tag| **tag > last).collect();
    let page = &after[..limit.min(after.len())];
    let response = json_reply(StatusCode::OK, &json!({ "name": repository, "tags": page }));
    match page.last() {
        Some(end) if page.len() < after.len() => {
            let next = format!("</v2/{repository}/tags/list?n={limit}&last={end}>; rel=\"next\"");
            with(response, LINK, &next)
        }
        Some(_) | None => response,
    }
}

pub(super) fn referrers(state: &State, repository: &str, digest: &str) -> Response<Reply> {
    let content = state.content.lock();
    let found = content.repositories.get(repository).filter(|_| state.options.referrers);
    match (found, digest.parse()) {
        (None, _) => refusal(StatusCode::NOT_FOUND, "NOT_FOUND"),
        (_, Err(_)) => refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID"),
        (Some(repository), Ok(subject)) => {
            let index = repository.index_of(&subject);
            with(reply(StatusCode::OK, full(index.bytes)), CONTENT_TYPE, OCI_INDEX)
        }
    }
}
