//! From a visitor to an app.

use std::net::IpAddr;

use http::header::{COOKIE, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue};

use super::strip_hop_by_hop;
use crate::access;
use crate::config::Scheme;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who visits, for the headers that tell an app.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) ip: IpAddr,
    pub(crate) scheme: Scheme,
}

/// Makes a visitor's headers those of a request to an app: without our cookie, without what belongs to the
/// visitor's connection, and with our word instead of the visitor's on where it comes from.
pub(crate) fn to_app(headers: &mut HeaderMap, origin: Origin) {
    let host = headers.get(HOST).cloned();
    strip_hop_by_hop(headers);
    // What `Connection` names must not take away what we stand for.
    if let Some(host) = &host {
        headers.insert(HOST, host.clone());
    }
    // hyper has answered it already.
    headers.remove(EXPECT);
    strip_spoofed(headers);
    strip_own_cookie(headers);
    if let Ok(ip) = HeaderValue::from_str(&origin.ip.to_string()) {
        headers.insert(FORWARDED_FOR, ip);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(origin.scheme.as_str()));
    if let Some(host) = host {
        headers.insert(FORWARDED_HOST, host);
    }
}

/// Many app servers read `X_Forwarded_For` as `X-Forwarded-For`.
fn strip_spoofed(headers: &mut HeaderMap) {
    let spoofed = |name: &&HeaderName| {
        let name = name.as_str().replace('_', "-");
        name.starts_with("x-forwarded-") || name == FORWARDED.as_str() || name == "x-real-ip"
    };
    let ambiguous = |name: &&HeaderName| {
        let dashed = name.as_str().replace('_', "-");
        dashed != name.as_str()
            && matches!(dashed.as_str(), "content-length" | "transfer-encoding" | "host" | "cookie")
    };
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| spoofed(name) || ambiguous(name)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// The app never sees the right to itself.
fn strip_own_cookie(headers: &mut HeaderMap) {
    let kept: Vec<HeaderValue> = headers.get_all(COOKIE).into_iter().filter_map(without_own).collect();
    headers.remove(COOKIE);
    for value in kept {
        headers.append(COOKIE, value);
    }
}

fn without_own(value: &HeaderValue) -> Option<HeaderValue> {
    let bytes = value.as_bytes();
    if !access::mentions(bytes) {
        return Some(value.clone());
    }
    let own = |pair: &&[u8]| access::names_own(pair.split(|b| *b == b'=').next().unwrap_or_default());
    let kept: Vec<&[u8]> = bytes.split(|b| *b == b';').filter(|pair| !own(pair)).collect();
    let joined = kept.join(&b';');
    HeaderValue::from_bytes(joined.trim_ascii()).ok().filter(|value| !value.is_empty())
}
