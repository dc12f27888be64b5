//! What of a message's headers passes from one side to the other.

pub(crate) mod request;
pub(crate) mod response;

use http::header::{CONNECTION, HeaderMap, HeaderName, UPGRADE};

/// Headers of one connection only (RFC 9110, section 7.6.1), and those that some take for such.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// Whether the headers ask for another protocol, from their `Connection` and `Upgrade` values. HTTP/2 in clear text
/// doesn't count: nobody is obliged to grant it.
pub(crate) fn asks_for_upgrade<'a>(
    connection: impl Iterator<Item = &'a [u8]>,
    upgrade: impl Iterator<Item = &'a [u8]>,
) -> bool {
    let wanted = tokens(upgrade).any(|protocol| !protocol.eq_ignore_ascii_case(b"h2c"));
    wanted && tokens(connection).any(|token| token.eq_ignore_ascii_case(b"upgrade"))
}

/// As [`asks_for_upgrade`], of a parsed head.
pub(crate) fn wants_upgrade(headers: &HeaderMap) -> bool {
    let values = |name: HeaderName| headers.get_all(name).into_iter().map(|value| value.as_bytes());
    asks_for_upgrade(values(CONNECTION), values(UPGRADE))
}

/// The elements of comma-separated lists.
fn tokens<'a>(values: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a [u8]> {
    values
        .flat_map(|value| value.split(|b| *b == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
}

/// Removes what belongs to one connection only, named by the standard or by `Connection` itself.
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let listed = headers.get_all(CONNECTION).into_iter().map(|value| value.as_bytes());
    let named: Vec<HeaderName> =
        tokens(listed).filter_map(|token| HeaderName::from_bytes(token).ok()).collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests;
