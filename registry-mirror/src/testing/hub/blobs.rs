//! Blobs of a fake registry, and what goes wrong with them.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION};
use hyper::{Method, Request, Response, StatusCode};

use super::body::body;
use super::manifests::CONTENT_DIGEST;
use super::range::Range;
use super::reply::{Reply, full, head_only, refusal, reply, with};
use super::state::State;
use super::store;
use crate::testing::counts::Counters;
use crate::testing::scripted::flip;
use crate::testing::trouble::Trouble;

pub(super) fn answer(
    request: &Request<Incoming>,
    state: &Arc<State>,
    repository: &str,
    digest: &str,
) -> Response<Reply> {
    let Ok(digest) = digest.parse() else { return refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID") };
    let found = state.content.lock().blob(repository, &digest);
    match found {
        None => refusal(StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
        Some(_) if state.options.redirects => {
            let away = reply(StatusCode::TEMPORARY_REDIRECT, full(""));
            with(away, LOCATION, &store::address(state, &digest))
        }
        Some(bytes) => with(send(request, state, bytes), CONTENT_DIGEST, &digest.to_string()),
    }
}

/// A blob's bytes, as far as the trouble there is lets them come.
pub(super) fn send(request: &Request<Incoming>, state: &Arc<State>, bytes: Bytes) -> Response<Reply> {
    let size = bytes.len() as u64;
    if request.method() == Method::HEAD {
        return with(
            head_only(reply(StatusCode::OK, full("")), size),
            CONTENT_TYPE,
            "application/octet-stream",
        );
    }
    Counters::add(&state.counts.blob_gets, 1);
    let ignored = state.trouble.is(&Trouble::IgnoredRange);
    let asked = Range::of(request).filter(|_| !ignored);
    if asked.is_some_and(|range| range.first >= size) {
        let refused = refusal(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE");
        return with(refused, CONTENT_RANGE, &format!("bytes */{size}"));
    }
    let Spoilt { bytes, encoded, unmeasured } = spoil(state, bytes);
    let span = Range::span(asked, bytes.len());
    let response = reply(StatusCode::OK, body(state, bytes.slice(span.clone())));
    let response = with(response, CONTENT_TYPE, "application/octet-stream");
    let response = match state.options.chunked || unmeasured {
        true => response,
        false => with(response, CONTENT_LENGTH, &span.len().to_string()),
    };
    let response = if encoded { with(response, CONTENT_ENCODING, "gzip") } else { response };
    match asked {
        Some(_) => partial(state, response, &span, size),
        None => response,
    }
}

fn partial(
    state: &State,
    response: Response<Reply>,
    span: &std::ops::Range<usize>,
    size: u64,
) -> Response<Reply> {
    let shift = usize::from(state.trouble.is(&Trouble::WrongRange));
    let (first, last) = (span.start.saturating_sub(shift), span.end.saturating_sub(1));
    let mut response = with(response, CONTENT_RANGE, &format!("bytes {first}-{last}/{size}"));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    response
}

/// What is sent in a blob's place.
#[derive(Clone)]
struct Spoilt {
    bytes: Bytes,
    encoded: bool,
    unmeasured: bool,
}

fn spoil(state: &State, bytes: Bytes) -> Spoilt {
    let good = Spoilt { bytes: bytes.clone(), encoded: false, unmeasured: false };
    let half = bytes.slice(..bytes.len() / 2);
    let spoilt = state.trouble.find(|trouble| match trouble {
        Trouble::WrongDigest => Some(Spoilt { bytes: flip(&bytes), ..good.clone() }),
        Trouble::TooShort => Some(Spoilt { bytes: half, ..good.clone() }),
        Trouble::TruncatedGzip => Some(Spoilt { bytes: half, encoded: true, ..good.clone() }),
        Trouble::TooLong => {
            Some(Spoilt { bytes: [&bytes[..], b"more"].concat().into(), unmeasured: true, ..good.clone() })
        }
        _ => None,
    });
    spoilt.unwrap_or(good)
}
