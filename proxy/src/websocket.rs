//! Just enough of RFC 6455 to watch frames go by: whether a handshake was accepted, where frames end, and a Close.

mod observer;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use sha1::{Digest as _, Sha1};

pub(crate) use observer::{Counted, Observer};

/// Appended to every key (RFC 6455, section 1.3).
const MAGIC: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY_BYTES: usize = 16;

/// The `Sec-WebSocket-Accept` that a right answer to these headers carries; `None` when they are no handshake.
pub(crate) fn expected_accept(headers: &HeaderMap) -> Option<String> {
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).into_iter();
    let key = keys.next().filter(|_| keys.next().is_none())?.as_bytes();
    let version = headers.get(SEC_WEBSOCKET_VERSION)?;
    let fits = version == "13" && STANDARD.decode(key).is_ok_and(|key| key.len() == KEY_BYTES);
    fits.then(|| STANDARD.encode(Sha1::new().chain_update(key).chain_update(MAGIC).finalize()))
}

/// A Close frame as a server sends it. `reason` has at most 123 bytes; ours are short.
pub(crate) fn close_frame(code: u16, reason: &'static str) -> Vec<u8> {
    let length = u8::try_from(reason.len() + 2).unwrap_or(2);
    let mut frame = vec![0x88, length];
    frame.extend_from_slice(&code.to_be_bytes());
    frame.extend_from_slice(&reason.as_bytes()[..usize::from(length) - 2]);
    frame
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_standards_own_example() {
        let mut headers = HeaderMap::new();
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        assert_eq!(expected_accept(&headers), None, "no version");
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        assert_eq!(expected_accept(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        headers.append(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        assert_eq!(expected_accept(&headers), None, "two keys");
    }

    #[test]
    fn a_close_frame_has_code_and_reason() {
        assert_eq!(close_frame(4001, "bye"), [0x88, 5, 0x0f, 0xa1, b'b', b'y', b'e']);
    }
}
