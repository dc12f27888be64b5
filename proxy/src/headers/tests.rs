use http::HeaderValue;

use super::*;
use crate::config::Embedding;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

#[test]
fn an_upgrade_is_asked_for_by_both_headers() {
    for (connection, upgrade, wanted) in [
        ("Upgrade", "websocket", true),
        ("keep-alive, UPGRADE", "WebSocket", true),
        ("keep-alive", "websocket", false),
        ("upgrade", "h2c", false),
        ("upgrade", "h2c, websocket", true),
        ("upgrade", "", false),
    ] {
        let mut asked = HeaderMap::new();
        asked.insert(CONNECTION, HeaderValue::from_static(connection));
        asked.insert(UPGRADE, HeaderValue::from_static(upgrade));
        assert_eq!(wants_upgrade(&asked), wanted, "{connection} {upgrade}");
    }
}

#[test]
fn what_connection_names_is_of_one_hop() {
    let mut message =
        headers(&[("connection", "close, X-Private"), ("x-private", "1"), ("x-kept", "2"), ("te", "x")]);
    strip_hop_by_hop(&mut message);
    assert_eq!(message, headers(&[("x-kept", "2")]));
}

#[test]
fn apps_set_cookies_for_their_own_host_only() {
    let (host, policy) = ("lab--x.region.example.com", Embedding::new(&[]).unwrap());
    for (cookie, kept) in [
        ("a=1", true),
        ("a=1; Domain=lab--x.region.example.com", true),
        ("a=1; Domain=.LAB--x.region.example.com; Secure", true),
        ("a=1; Domain=", true),
        ("a=1; Domain", true),
        ("a=1; Domain=region.example.com", false),
        ("a=1;DOMAIN = .example.com", false),
        ("a=1; Domain=lab--x.region.example.com; Domain=example.com", false),
        ("a=1; Domain=other--x.region.example.com", false),
        ("__Host-qj=1", false),
        ("__HOST-QJ =1; Secure", false),
    ] {
        let mut answer = headers(&[("set-cookie", cookie)]);
        response::to_visitor(&mut answer, host, policy.policy());
        assert_eq!(answer.contains_key("set-cookie"), kept, "{cookie}");
    }
}
