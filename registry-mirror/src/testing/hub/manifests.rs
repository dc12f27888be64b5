//! Manifests of a fake registry.

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};

use crate::source::Manifest;

use super::reply::{Reply, full, head_only, refusal, reply, with};
use super::state::State;
use crate::testing::counts::Counters;
use crate::testing::trouble::Trouble;

pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

pub(super) fn answer(
    request: &Request<Incoming>,
    state: &State,
    repository: &str,
    reference: &str,
) -> Response<Reply> {
    let found = state.content.lock().repositories.get(repository).and_then(|it| it.manifest(reference));
    let mut response = match (request.method(), found) {
        (_, None) => refusal(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
        (&Method::HEAD, Some(manifest)) => {
            Counters::add(&state.counts.manifest_heads, 1);
            let length = manifest.bytes.len() as u64;
            head_only(content(state, manifest), length)
        }
        (_, Some(_)) if !state.budget.take() => {
            Counters::add(&state.counts.refused_pulls, 1);
            too_many(state)
        }
        (_, Some(manifest)) => {
            Counters::add(&state.counts.manifest_gets, 1);
            content(state, manifest)
        }
    };
    state.budget.announce(response.headers_mut());
    response
}

fn content(state: &State, manifest: Manifest) -> Response<Reply> {
    let bytes = match state.trouble.is(&Trouble::WrongManifest) {
        true => [&manifest.bytes, " ".as_bytes()].concat().into(),
        false => manifest.bytes,
    };
    let response = with(reply(StatusCode::OK, full(bytes)), CONTENT_TYPE, &manifest.media_type);
    match state.options.no_digest_header {
        true => response,
        false => with(response, CONTENT_DIGEST, &manifest.digest.to_string()),
    }
}

fn too_many(state: &State) -> Response<Reply> {
    let refused = refusal(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS");
    match state.options.retry_after {
        Some(wait) => with(refused, RETRY_AFTER, &wait.as_secs().to_string()),
        None => refused,
    }
}
