//! WebSockets and other upgrades, as long as they live.

use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::client::{Client, PATIENCE};
use super::region::Region;

/// An open WebSocket of a browser.
pub(super) async fn websocket(client: &Client, path: &str) -> WebSocketStream<TcpStream> {
    let (stream, head) = client.open(&client.handshake(path, Some(&client.origin()))).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

pub(super) async fn next(socket: &mut WebSocketStream<TcpStream>) -> Message {
    timeout(PATIENCE, socket.next()).await.expect("a message in time").expect("the socket is open").unwrap()
}

#[tokio::test]
async fn messages_of_every_size_come_back() {
    let (_region, agent, client) = Region::ready().await;
    let mut socket = websocket(&client, "/ws?x=1").await;
    for size in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        let message = Message::Binary(Bytes::from(vec![7; size]));
        socket.send(message.clone()).await.unwrap();
        assert_eq!(next(&mut socket).await, message);
    }
    socket.send(Message::Ping(Bytes::from_static(b"hi"))).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::Pong(Bytes::from_static(b"hi")));
    let got = agent.app.last();
    assert_eq!(got.path, "/ws?x=1");
    assert_eq!(got.headers["origin"], client.origin());
    assert_eq!(got.headers["connection"], "Upgrade");
    assert_eq!(got.headers["upgrade"], "websocket");
}

#[tokio::test]
async fn the_apps_own_close_reaches_the_visitor_and_the_other_way_round() {
    let (_region, _agent, client) = Region::ready().await;
    let mut socket = websocket(&client, "/ws").await;
    socket.close(None).await.unwrap();
    assert!(matches!(next(&mut socket).await, Message::Close(_)));
    // An app that hangs up without a word gets one from us.
    let mut socket = websocket(&client, "/ws").await;
    socket.send(Message::text("quit")).await.unwrap();
    let Message::Close(Some(close)) = next(&mut socket).await else { panic!("a close with a reason") };
    assert_eq!(u16::from(close.code), 1001);
}

#[tokio::test]
async fn what_is_sent_before_the_upgrade_is_granted_waits_for_it() {
    let (_region, _agent, client) = Region::ready().await;
    // A masked text frame "hi", with an empty mask, right behind the handshake.
    let early =
        [client.handshake("/ws", Some(&client.origin())).as_bytes(), &[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']]
            .concat();
    let mut stream = TcpStream::connect(client.proxy).await.unwrap();
    stream.write_all(&early).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(&[0x81, 2, b'h', b'i']) {
        answer.push(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap());
    }

    // Where it is not granted, it is no request either.
    let refused = client.handshake("/refuse-upgrade", Some(&client.origin()));
    let answer = client
        .raw(format!("{refused}GET /smuggled HTTP/1.1\r\nHost: {}\r\n\r\n", client.host).as_bytes())
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("no upgrade here"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_101_that_proves_nothing_is_not_passed_on() {
    let (_region, _agent, client) = Region::ready().await;
    let answer = client.raw(client.handshake("/lie", Some(&client.origin())).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("app_failed"), "{answer}");
}

#[tokio::test]
async fn handshakes_that_are_none_are_refused() {
    let (_region, agent, client) = Region::ready().await;
    let good = client.handshake("/ws", Some(&client.origin()));
    for (what, bad) in [
        ("no key", good.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "")),
        ("a short key", good.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=")),
        ("an old version", good.replace("Version: 13", "Version: 8")),
        ("two protocols", good.replace("Upgrade: websocket", "Upgrade: websocket, rope")),
        ("POST", good.replace("GET /ws", "POST /ws")),
    ] {
        assert!(client.raw(bad.as_bytes()).await.starts_with("HTTP/1.1 400 "), "{what}");
    }
    assert_eq!(agent.dialled.load(std::sync::atomic::Ordering::SeqCst), 0);
    // HTTP/2 in clear text is not granted and not passed on.
    let h2c = client.request("GET", "/").header("upgrade", "h2c").header("http2-settings", "AAMAAABk");
    let h2c = h2c.header("connection", "Upgrade, HTTP2-Settings");
    assert_eq!(client.send(h2c, "").await.status(), StatusCode::OK);
    let got = agent.app.last();
    assert!(!got.headers.contains_key("upgrade") && !got.headers.contains_key("http2-settings"));
}

#[tokio::test]
async fn other_protocols_are_bytes() {
    let (_region, _agent, client) = Region::ready().await;
    let request =
        client.handshake("/tunnel", Some(&client.origin())).replace("Upgrade: websocket", "Upgrade: rope");
    let (mut stream, head) = client.open(&request).await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.to_lowercase().contains("upgrade: rope"), "{head}");
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let (mut reader, mut writer) = stream.split();
    let mut echoed = vec![0; bytes.len()];
    let both = async { tokio::join!(writer.write_all(&bytes), reader.read_exact(&mut echoed)) };
    let (written, read) = timeout(PATIENCE, both).await.unwrap();
    assert!(written.is_ok() && read.is_ok() && echoed == bytes);
}

#[tokio::test]
async fn the_terminal_goes_to_the_agent_itself() {
    let (region, agent, _) = Region::ready().await;
    let client = region.client("terminal");
    let request = client.handshake("/_qj/terminal?cmd=evil&session=x", Some(&client.origin()));
    let request =
        request.replace("Upgrade: websocket", "Sec-WebSocket-Protocol: qj.terminal.v1\r\nUpgrade: websocket");
    let (stream, head) = client.open(&request).await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("qj.terminal.v1"), "{head}");
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    socket.send(Message::text("hello")).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::text("hello"));
    let got = agent.app.last();
    assert_eq!(got.path, "/terminal?session=terminal&cmd=%2Fbin%2Fbash&cmd=-l");
    assert_eq!(got.headers["authorization"], format!("Bearer {}", super::region::TOKEN));
    assert!(!got.headers.contains_key("cookie"));

    let plain = client.get("/_qj/terminal").await;
    assert_eq!(plain.status(), StatusCode::UPGRADE_REQUIRED);
    let (_stream, head) = client.open(&client.handshake("/_qj/terminal", Some("http://evil.com"))).await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let stranger = client.anonymous();
    let (_stream, head) = client.open(&stranger.handshake("/_qj/terminal", Some(&client.origin()))).await;
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
}
