//! `GET /terminal`: from an HTTP request to a WebSocket.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::frames::SUBPROTOCOL;
use super::sessions::Wanted;
use super::socket;
use crate::door::{Afterwards, Agent};
use crate::files::{queries, query};
use crate::problem::{Answer, Problem, empty};

const MESSAGE_MAX_BYTES: usize = 4 * 1024 * 1024;
const BUFFER_BYTES: usize = 16 * 1024;
const NAME_MAX_BYTES: usize = 64;

/// The endpoint. The terminal runs `afterwards`, when the connection has been handed over.
pub(crate) fn handle(agent: Arc<Agent>, mut request: Request<Incoming>, afterwards: &Afterwards) -> Answer {
    let wanted = wanted(request.uri())?;
    let key = websocket_key(request.headers())?;
    if !agent.terminals.has_room(&wanted.session) {
        return Err(Problem::too_many("too many terminal sessions, or tabs of this one: close some"));
    }
    let upgrade = hyper::upgrade::on(&mut request);
    afterwards.set(async move {
        if let Ok(upgraded) = upgrade.await {
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config())).await;
            socket::serve(socket, &agent.terminals, &wanted).await;
        }
    });
    let mut response = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}

fn wanted(uri: &http::Uri) -> Result<Wanted, Problem> {
    let session =
        query(uri, "session").ok_or_else(|| Problem::bad_request("session is required: ?session=NAME"))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if session.is_empty() || session.len() > NAME_MAX_BYTES || !session.bytes().all(plain) {
        let detail = format!("session must be 1 to {NAME_MAX_BYTES} letters, digits, `_`, `-` or `.`");
        return Err(Problem::bad_request(detail));
    }
    Ok(Wanted { session, cwd: query(uri, "cwd"), argv: queries(uri, "cmd").collect() })
}

/// The value of `Sec-WebSocket-Accept`.
fn websocket_key(headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    let upgrade =
        || Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "/terminal is a WebSocket");
    if !has(headers, header::UPGRADE, "websocket") || !has(headers, header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(upgrade());
    }
    if !has(headers, header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return Err(Problem::bad_request(format!("Sec-WebSocket-Protocol must offer {SUBPROTOCOL}")));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or_else(upgrade)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| upgrade())
}

fn has(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name);
    let mut items = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    items.any(|item| item.trim().eq_ignore_ascii_case(wanted))
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(MESSAGE_MAX_BYTES))
        .max_frame_size(Some(MESSAGE_MAX_BYTES))
}
