//! What an upstream's answer means.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode};

use crate::clock::Milliseconds;
use crate::digest::Digest;
use crate::source::Fault;

const CONTENT_DIGEST: &str = "docker-content-digest";
/// A longer wait is taken for a mistake of the upstream.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// An answer, and whether another host than the upstream gave it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) outside: bool,
    /// Whether HEAD was asked where only GET is answered: 405, or an address that was signed for GET.
    pub(super) refuses_head: bool,
}

impl Answer {
    pub(super) fn new(response: Response, method: &Method, outside: bool) -> Self {
        let refused = match response.status() {
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => true,
            StatusCode::FORBIDDEN => outside,
            _ => false,
        };
        Self { response, outside, refuses_head: refused && *method == Method::HEAD }
    }

    /// The answer if it is a good one, or one that refuses HEAD.
    pub(super) fn or_fault(self, name: &str, now_ms: Milliseconds) -> Result<Self, Fault> {
        if self.refuses_head {
            return Ok(self);
        }
        let status = self.response.status();
        if !status.is_success() {
            return Err(self.fault(name, now_ms));
        }
        let headers = self.response.headers();
        let encoding = headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
        match encoding.as_deref() {
            None | Some(b"identity" | b"") => Ok(self),
            Some(_) => Err(corrupt(name, "encoded in a way that was not asked for")),
        }
    }

    fn fault(&self, name: &str, now_ms: Milliseconds) -> Fault {
        let status = self.response.status();
        let source_name = name.to_owned();
        match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Fault::Absent { source_name },
            StatusCode::TOO_MANY_REQUESTS => {
                Fault::Limited { source_name, retry_after: retry_after(self.response.headers(), now_ms) }
            }
            StatusCode::RANGE_NOT_SATISFIABLE => corrupt(name, "shorter than it was before"),
            StatusCode::REQUEST_TIMEOUT => unavailable(name, "answered 408 Request Timeout"),
            // An object store says this of a signed address that is too old; the next one may do.
            _ if self.outside && status.is_client_error() => {
                unavailable(name, format!("the object store answered {status}"))
            }
            _ if status.is_client_error() => {
                Fault::Denied { source_name, reason: format!("answered {status}") }
            }
            _ => unavailable(name, format!("answered {status}")),
        }
    }
}

/// How long a header says to wait: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now_ms: Milliseconds) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            date.duration_since(UNIX_EPOCH).ok()?.saturating_sub(Duration::from_millis(now_ms))
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// The media type without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let bare = text.split(';').next().unwrap_or_default().trim();
    (!bare.is_empty()).then(|| bare.to_ascii_lowercase())
}

/// The digest that the upstream says the content has.
pub(super) fn content_digest(headers: &HeaderMap) -> Option<Digest> {
    headers.get(CONTENT_DIGEST)?.to_str().ok()?.trim().parse().ok()
}

/// The length that the upstream says the body has, in bytes; an answer to HEAD has it too.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// First byte and whole size of a partial answer; the size may be unknown.
pub(super) fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (span, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = span.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let size = match size.trim() {
        "*" => None,
        size => Some(size.parse().ok()?),
    };
    (first <= last && size.is_none_or(|size| last < size)).then_some((first, size))
}

pub(super) fn unavailable(name: &str, reason: impl Into<String>) -> Fault {
    Fault::Unavailable { source_name: name.to_owned(), reason: reason.into() }
}

pub(super) fn corrupt(name: &str, reason: impl Into<String>) -> Fault {
    Fault::Corrupt { source_name: name.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn reads_how_long_to_wait() {
        let now_ms = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
        for (value, seconds) in [
            ("7", Some(7)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("999999999", Some(24 * 3600)),
            ("soon", None),
            ("-1", None),
        ] {
            let wait = retry_after(&one("retry-after", value), now_ms);
            assert_eq!(wait, seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn reads_ranges_and_types() {
        for (value, range) in [
            ("bytes 5-9/10", Some((5, Some(10)))),
            ("bytes 0-0/*", Some((0, None))),
            ("bytes 5-10/10", None),
            ("bytes 9-5/10", None),
            ("bytes */10", None),
            ("items 0-1/2", None),
        ] {
            assert_eq!(content_range(&one("content-range", value)), range, "{value}");
        }
        assert_eq!(media_type(&one("content-type", "A/b; charset=x")).as_deref(), Some("a/b"));
        assert_eq!(media_type(&HeaderMap::new()), None);
    }
}
