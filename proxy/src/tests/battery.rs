//! Requests that two readers could understand differently, byte for byte on raw sockets.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::Client;
use super::region::Region;

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// What is sent, by the status that it is refused with.
const AMBIGUOUS: &[(&str, u16, &str)] = &[
    (
        "length and coding",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding and length",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    ),
    (
        "two lengths",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd",
    ),
    (
        "the same length twice",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    ),
    ("a list of lengths", 400, "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 4, 4\r\n\r\nabcd"),
    ("a signed length", 400, "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: +5\r\n\r\nabcde"),
    ("a negative length", 400, "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: -1\r\n\r\n"),
    ("a hexadecimal length", 400, "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 0x5\r\n\r\nabcde"),
    ("an empty length", 400, "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: \r\n\r\n"),
    ("a huge length", 400, "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 18446744073709551616\r\n\r\n"),
    (
        "a space before the colon",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "an unknown coding",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ),
    ("identity", 400, "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding: identity\r\n\r\n"),
    (
        "two codings",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding twice",
        400,
        "POST / HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "coding in HTTP/1.0",
        400,
        "POST / HTTP/1.0\r\nHost: {h}\r\n{c}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("bare line feeds", 400, "GET / HTTP/1.1\nHost: {h}\n{c}\n"),
    ("one bare line feed", 400, "GET / HTTP/1.1\r\nHost: {h}\nX: y\r\n{c}\r\n"),
    ("a bare carriage return", 400, "GET / HTTP/1.1\r\nHost: {h}\r\nX: a\rb\r\n{c}\r\n"),
    ("a folded line", 400, "GET / HTTP/1.1\r\nHost: {h}\r\nX: a\r\n b\r\n{c}\r\n"),
    ("a zero byte", 400, "GET / HTTP/1.1\r\nHost: {h}\r\nX: a\0b\r\n{c}\r\n"),
    ("a control character in the path", 400, "GET /\x01 HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("two hosts", 400, "GET / HTTP/1.1\r\nHost: {h}\r\nHost: other\r\n{c}\r\n"),
    ("the same host twice", 400, "GET / HTTP/1.1\r\nHost: {h}\r\nHost: {h}\r\n{c}\r\n"),
    ("no host", 400, "GET / HTTP/1.1\r\n{c}\r\n"),
    ("no host in HTTP/1.0", 400, "GET / HTTP/1.0\r\n{c}\r\n"),
    ("an empty host", 400, "GET / HTTP/1.1\r\nHost: \r\n{c}\r\n"),
    ("a host with a path", 400, "GET / HTTP/1.1\r\nHost: {h}/x\r\n{c}\r\n"),
    ("a host with a user", 400, "GET / HTTP/1.1\r\nHost: user@{h}\r\n{c}\r\n"),
    ("a list of hosts", 400, "GET / HTTP/1.1\r\nHost: {h}, other\r\n{c}\r\n"),
    ("another host in the target", 400, "GET http://other/ HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("a user in the target", 400, "GET http://a@{h}/ HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("a target that is no path", 400, "GET x HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("a fragment", 400, "GET /#a HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("an asterisk", 400, "OPTIONS * HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("another version", 400, "GET / HTTP/1.2\r\nHost: {h}\r\n{c}\r\n"),
    ("no version", 400, "GET /\r\nHost: {h}\r\n{c}\r\n"),
    ("two spaces", 400, "GET  / HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    (
        "an upgrade with a body",
        400,
        "GET / HTTP/1.1\r\nHost: {h}\r\n{c}Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nabcd",
    ),
    ("TRACE", 405, "TRACE / HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("CONNECT", 405, "CONNECT {h} HTTP/1.1\r\nHost: {h}\r\n{c}\r\n"),
    ("TLS", 400, "\x16\x03\x01\x02\x00\x01\x00\x01"),
];

/// A request of a visitor with access; `{h}` stands for the host, `{c}` for the cookie's header.
fn filled(client: &Client, text: &str) -> Vec<u8> {
    let cookie = format!("Cookie: __Host-qj={}\r\n", client.cookie.as_ref().unwrap());
    text.replace("{h}", &client.host).replace("{c}", &cookie).into_bytes()
}

#[tokio::test]
async fn ambiguous_requests_are_refused_and_their_connection_closed() {
    let (_region, agent, client) = Region::ready().await;
    for (what, status, text) in AMBIGUOUS {
        let mut bytes = filled(&client, text);
        bytes.extend_from_slice(SMUGGLED.as_bytes());
        let answer = client.raw(&bytes).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: one answer and no more: {answer}");
        assert!(
            answer.contains("application/problem+json") && answer.contains("\"detail\""),
            "{what}: {answer}"
        );
    }
    assert_eq!(agent.dialled.load(std::sync::atomic::Ordering::SeqCst), 0, "nothing of it reached a machine");
}

#[tokio::test]
async fn heads_that_are_too_large_or_too_slow_are_refused() {
    let (_region, _agent, client) = Region::ready().await;
    let large = format!("GET / HTTP/1.1\r\nHost: {}\r\nX: {}\r\n\r\n", client.host, "x".repeat(40_000));
    assert!(client.raw(large.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    let many: String = (0..150).map(|n| format!("X-{n}: y\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: {}\r\n{many}\r\n", client.host);
    assert!(client.raw(many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    assert!(client.raw(b"GET / HTTP/1.1\r\nHost: x").await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_good_request_before_a_bad_one_is_answered_in_its_turn() {
    let (_region, _agent, client) = Region::ready().await;
    let good = "POST /first HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 3\r\n\r\nabc";
    let bytes = filled(&client, &format!("{good}GET / HTTP/1.1\nHost: {{h}}\n\n"));
    let answer = client.raw(&bytes).await;
    let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "400"], "{answer}");
    assert!(answer.contains("main got 3 bytes"));
}

#[tokio::test]
async fn one_connection_serves_requests_with_every_kind_of_body() {
    let (_region, agent, client) = Region::ready().await;
    let requests = "\r\nPOST /1 HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 5\r\n\r\nhello\
                    POST /2 HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n\
                    \r\nPOST /3 HTTP/1.1\r\nHost: {h}\r\n{c}Content-Length: 0\r\n\r\n\
                    GET http://{h}/4 HTTP/1.1\r\nHost: {h}\r\n{c}Connection: close\r\n\r\n";
    let bytes = filled(&client, requests);
    let everything_at_once = client.raw(&bytes).await;
    let byte_by_byte = {
        let mut stream = TcpStream::connect(client.proxy).await.unwrap();
        stream.set_nodelay(true).unwrap();
        for byte in &bytes {
            stream.write_u8(*byte).await.unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    for answer in [everything_at_once, byte_by_byte] {
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 4, "{answer}");
    }
    let got: Vec<(String, usize)> =
        agent.app.got.lock().iter().map(|got| (got.path.clone(), got.body_bytes)).collect();
    let once = [("/1", 5), ("/2", 15), ("/3", 0), ("/4", 0)].map(|(path, count)| (path.to_owned(), count));
    assert_eq!(got, [once.clone(), once].concat());
}

#[tokio::test]
async fn malformed_chunks_end_the_connection_and_nothing_behind_them_is_read() {
    let (_region, agent, client) = Region::ready().await;
    let chunks = [
        ("a line feed in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
        ("a bare line feed after the size", "5\nhello\r\n0\r\n\r\n"),
        ("a size that is none", "z\r\nhello\r\n0\r\n\r\n"),
        ("no size", "\r\nhello\r\n0\r\n\r\n"),
        ("a size with a sign", "+5\r\nhello\r\n0\r\n\r\n"),
        ("a size that overflows", "ffffffffffffffffff\r\nhello"),
        ("a chunk longer than its size", "2\r\nhello\r\n0\r\n\r\n"),
        ("a control character in a trailer", "0\r\nX: \x01\r\n\r\n"),
    ];
    for (what, body) in chunks {
        let head = "POST /chunks HTTP/1.1\r\nHost: {h}\r\n{c}Transfer-Encoding: chunked\r\n\r\n";
        let answer = client.raw(&filled(&client, &format!("{head}{body}{SMUGGLED}"))).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{what}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{what}: {answer}");
    }
    assert!(agent.app.got.lock().iter().all(|got| got.path == "/chunks"));
}

#[tokio::test]
async fn hosts_that_are_not_ours_are_told_so() {
    let (_region, _agent, client) = Region::ready().await;
    let host = |text: &str| Client { host: text.to_owned(), ..client.clone() };
    for (text, status) in [
        ("example.com", 421),
        ("127.0.0.1", 421),
        ("[::1]:80", 421),
        ("localhost", 404),
        ("lab.localhost", 404),
        ("lab--bj-aaaaaaaaaaaaaaaa.localhost", 404),
        ("other--bj-abcdefghij234567.localhost", 404),
        ("lab--bj-abcdefghij234567.evil.localhost", 404),
        ("LAB--BJ-abcdefghij234567.LOCALHOST:99", 200),
    ] {
        assert_eq!(host(text).get("/").await.status().as_u16(), status, "{text}");
    }
    let page = host("lab--bj-aaaaaaaaaaaaaaaa.localhost").visit("/").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
}
