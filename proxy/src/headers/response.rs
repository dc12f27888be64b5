//! From an app to a visitor.

use http::header::{
    ALT_SVC, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, X_FRAME_OPTIONS,
};

use super::strip_hop_by_hop;
use crate::access;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const FRAME_ANCESTORS: &[u8] = b"frame-ancestors";

/// Makes an app's headers those of an answer of ours: who may frame it is ours to say, and it sets no cookie
/// that another sandbox would get or that would pass for ours. `host` is the app's own.
pub(crate) fn to_visitor(headers: &mut HeaderMap, host: &str, frame_ancestors: &HeaderValue) {
    strip_hop_by_hop(headers);
    headers.remove(X_FRAME_OPTIONS);
    // It names other addresses for this host, past us.
    headers.remove(ALT_SVC);
    // Browsers clear the cookies of the whole domain at it: those of the student's other sandboxes.
    headers.remove(CLEAR_SITE_DATA);
    replace_frame_ancestors(headers, frame_ancestors);
    keep_cookies(headers, host);
}

fn replace_frame_ancestors(headers: &mut HeaderMap, ours: &HeaderValue) {
    let policies: Vec<HeaderValue> =
        headers.get_all(CONTENT_SECURITY_POLICY).into_iter().filter_map(without_frame_ancestors).collect();
    headers.insert(CONTENT_SECURITY_POLICY, ours.clone());
    for policy in policies {
        headers.append(CONTENT_SECURITY_POLICY, policy);
    }
}

/// A header may hold several policies; each loses its say on frames.
fn without_frame_ancestors(value: &HeaderValue) -> Option<HeaderValue> {
    let about_frames = |directive: &&[u8]| {
        let name = directive.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
        name.eq_ignore_ascii_case(FRAME_ANCESTORS)
    };
    let policies = value.as_bytes().split(|b| *b == b',').map(|policy| {
        policy
            .split(|b| *b == b';')
            .filter(|directive| !about_frames(directive))
            .collect::<Vec<_>>()
            .join(&b';')
    });
    let kept: Vec<Vec<u8>> = policies.filter(|policy| !policy.trim_ascii().is_empty()).collect();
    HeaderValue::from_bytes(&kept.join(&b',')).ok().filter(|value| !value.is_empty())
}

fn keep_cookies(headers: &mut HeaderMap, host: &str) {
    if !headers.contains_key(SET_COOKIE) {
        return;
    }
    let kept: Vec<HeaderValue> = headers
        .get_all(SET_COOKIE)
        .into_iter()
        .filter(|cookie| may_set(cookie.as_bytes(), host))
        .cloned()
        .collect();
    headers.remove(SET_COOKIE);
    for cookie in kept {
        headers.append(SET_COOKIE, cookie);
    }
}

/// Not our name, and no domain but the app's own host.
fn may_set(cookie: &[u8], host: &str) -> bool {
    let mut parts = cookie.split(|b| *b == b';');
    let name = parts.next().and_then(|pair| pair.split(|b| *b == b'=').next()).unwrap_or_default();
    let elsewhere = |attribute: &[u8]| {
        let mut halves = attribute.splitn(2, |b| *b == b'=');
        let is_domain = halves.next().is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"domain"));
        let domain = halves.next().unwrap_or_default().trim_ascii();
        let domain = domain.strip_prefix(b".").unwrap_or(domain);
        is_domain && !domain.is_empty() && !domain.eq_ignore_ascii_case(host.as_bytes())
    };
    !access::names_own(name) && !parts.any(elsewhere)
}
