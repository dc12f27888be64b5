//! Which bytes of a blob a request asks for.

use hyper::Request;
use hyper::header::RANGE;

/// The first and perhaps the last byte that are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) first: u64,
    last: Option<u64>,
}

impl Range {
    /// `bytes=a-` and `bytes=a-b`; other forms are answered in full.
    pub(super) fn of<B>(request: &Request<B>) -> Option<Self> {
        let text = request.headers().get(RANGE)?.to_str().ok()?;
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
        Some(Self { first: first.parse().ok()?, last })
    }

    /// The bytes to send of so many.
    pub(super) fn span(range: Option<Self>, size: usize) -> std::ops::Range<usize> {
        let Some(Self { first, last }) = range else { return 0..size };
        let start = usize::try_from(first).unwrap_or(size).min(size);
        let end =
            last.and_then(|last| usize::try_from(last).ok()).map_or(size, |last| last.saturating_add(1));
        start..end.clamp(start, size)
    }
}
