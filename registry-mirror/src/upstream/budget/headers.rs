//! How a budget is announced. Pure.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// What an answer announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    pub(super) window: Option<Duration>,
    pub(super) resets_in: Option<Duration>,
}

/// `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 76;w=21600`; `ratelimit-reset` in seconds.
pub(super) fn announced(headers: &HeaderMap) -> Option<Announced> {
    let (remaining, _) = quota(headers, "ratelimit-remaining")?;
    let (limit, window) = quota(headers, "ratelimit-limit").unwrap_or((remaining, None));
    let resets_in = quota(headers, "ratelimit-reset").map(|(seconds, _)| Duration::from_secs(seconds));
    Some(Announced { limit, remaining, window, resets_in })
}

fn quota(headers: &HeaderMap, name: &str) -> Option<(u64, Option<Duration>)> {
    let text = headers.get(name)?.to_str().ok()?;
    let mut parts = text.split(';').map(str::trim);
    let number = parts.next()?.parse().ok()?;
    let window = parts.find_map(|part| part.strip_prefix("w=")?.parse().ok()).map(Duration::from_secs);
    Some((number, window))
}
