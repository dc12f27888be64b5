//! The object store that a fake registry redirects to.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request, Response, StatusCode};

use crate::digest::Digest;

use super::blobs;
use super::reply::{Reply, refusal};
use super::state::State;
use crate::testing::counts::Counters;

/// What a signed address ends with; without it nothing is given.
pub(super) const SIGNATURE: &str = "signature=s3cret-signature";

pub(super) fn address(state: &State, digest: &Digest) -> String {
    format!("http://{}/blobs/{digest}?{SIGNATURE}", state.store_address)
}

pub(super) fn answer(request: &Request<Incoming>, state: &Arc<State>) -> Response<Reply> {
    let path = request.uri().path();
    state.counts.note(format!("{} store{path}", request.method()));
    if request.headers().contains_key(AUTHORIZATION) {
        Counters::add(&state.counts.leaks, 1);
    }
    let signed = request.uri().query() == Some(SIGNATURE);
    let head = request.method() == Method::HEAD;
    if !signed || (head && state.options.store_refuses_head) {
        return refusal(StatusCode::FORBIDDEN, "AccessDenied");
    }
    let digest = path.strip_prefix("/blobs/").and_then(|text| text.parse().ok());
    match digest.and_then(|digest| state.content.lock().any_blob(&digest)) {
        Some(bytes) => blobs::send(request, state, bytes),
        None => refusal(StatusCode::NOT_FOUND, "NoSuchKey"),
    }
}
