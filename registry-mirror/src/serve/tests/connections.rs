//! Connections: order, limits, refusals and the stop.

use tokio::io::AsyncWriteExt as _;

use super::Served;
use crate::blob::Progress;

#[tokio::test]
async fn pushes_are_refused_and_the_refusal_can_be_read() {
    let served = Served::new().await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "BREW"] {
        let mut client = served.client().await;
        client.send(method, "/v2/a/blobs/uploads/", &[("Content-Length", "100000")]).await;
        client.io.write_all(&vec![b'x'; 100_000]).await.unwrap();
        let answer = client.answer_head().await;
        assert_eq!((answer.status, answer.header("Allow")), (405, Some("GET, HEAD")), "{method}");
        assert_eq!(answer.header("Connection"), Some("close"));
        assert!(String::from_utf8(client.rest().await).unwrap().contains("UNSUPPORTED"));
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let served = Served::new().await;
    let long = format!("GET /v2/ HTTP/1.1\r\nHost: m\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET /v2/ HTTP/1.1\r\nHost: m\r\n{}\r\n", "X-Y: z\r\n".repeat(65));
    for (bytes, status) in [
        ("hello\r\n\r\n", 400),
        ("GET /v2/ HTTP/1.1\r\n\r\n", 400),
        ("GET /v2/ HTTP/1.1\r\nHost: m\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("GET /v2/ HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (&long, 431),
        (&many, 431),
    ] {
        let mut client = served.client().await;
        client.io.write_all(bytes.as_bytes()).await.unwrap();
        let answer = client.answer_head().await;
        assert_eq!((answer.status, answer.header("Connection")), (status, Some("close")), "{bytes:.40}");
        client.rest().await;
    }
}

/// As Go's clients begin when a registry may be insecure; they then ask in the clear at once.
#[tokio::test]
async fn a_handshake_of_tls_is_refused_at_once() {
    let served = Served::new().await;
    let mut client = served.client().await;
    client.io.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.unwrap();
    assert_eq!(client.answer_head().await.status, 400);
    client.rest().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let served = Served::new().await;
    let blob = served.script.has_blob(b"bytes");
    let mut client = served.client().await;
    client.send("GET", &format!("/v2/a/blobs/{blob}"), &[]).await;
    client.send("HEAD", &format!("/v2/a/blobs/{blob}"), &[]).await;
    client.send("GET", "/v2/", &[("Connection", "close")]).await;
    assert_eq!(client.answer_head().await.length(), 5);
    assert_eq!(client.bytes(5).await, b"bytes");
    assert_eq!(client.answer_head().await.length(), 5);
    let last = client.answer_head().await;
    assert_eq!((last.length(), last.header("Connection")), (2, Some("close")));
    assert_eq!(client.rest().await, b"{}");
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let served = Served::new().await;
    let mut client = served.client().await;
    for byte in b"GET /v2/ HTTP/1.1\r\nHost: m\r\n\r\n" {
        client.io.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer_head().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let served = Served::new().await;
    let mut client = served.client().await;
    client.io.write_all(b"GET /v2/ HT").await.unwrap();
    assert_eq!(client.answer_head().await.status, 408);
    client.rest().await;
    let mut idle = served.client().await;
    assert_eq!(idle.rest().await, b"");
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_a_place() {
    let served = Served::with(|options| options.connections_max = 1).await;
    let mut first = served.client().await;
    assert_eq!(first.ask("GET", "/v2/", &[]).await.status, 200);
    let mut second = served.client().await;
    second.send("GET", "/v2/", &[]).await;
    assert_eq!(first.ask("GET", "/v2/", &[]).await.status, 200);
    drop(first);
    assert_eq!(second.answer_head().await.status, 200);
}

#[tokio::test]
async fn a_soft_stop_lets_answers_finish() {
    let mut served = Served::new().await;
    let (digest, progress) = served.script.fills(b"0123456789", 5);
    let (mut busy, mut idle) = (served.client().await, served.client().await);
    assert_eq!(idle.ask("GET", "/v2/", &[]).await.status, 200);
    busy.send("GET", &format!("/v2/a/blobs/{digest}"), &[]).await;
    assert_eq!(busy.answer_head().await.length(), 10);
    served.stopper.soft();
    assert_eq!(idle.rest().await, b"");
    progress.send_replace(Progress::Sealed);
    assert_eq!(busy.rest().await, b"0123456789");
    drop((busy, idle));
    served.ended().await;
}

#[tokio::test]
async fn a_hard_stop_ends_everything() {
    let mut served = Served::new().await;
    let (digest, _progress) = served.script.fills(b"0123456789", 5);
    let mut busy = served.client().await;
    busy.send("GET", &format!("/v2/a/blobs/{digest}"), &[]).await;
    busy.answer_head().await;
    served.stopper.hard();
    served.ended().await;
}

/// Every one of them has stopped reading.
#[tokio::test]
async fn slow_readers_slow_nobody_else() {
    const READERS: usize = 1000;
    crate::open_files::raise_limit();
    let served = Served::with(|options| options.connections_max = READERS + 8).await;
    let target = format!("/v2/a/blobs/{}", served.script.has_blob(&vec![7; 16 * 1024 * 1024]));
    let mut slow = Vec::new();
    for _ in 0..READERS {
        let mut client = served.client().await;
        client.send("GET", &target, &[]).await;
        slow.push(client);
    }
    served.until_metric(&format!("readers {READERS}")).await;
    let answer = served.get(&target).await;
    assert_eq!(answer.body.len(), 16 * 1024 * 1024);
    drop(slow);
    served.until_metric("readers 0").await;
}
