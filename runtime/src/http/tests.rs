use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Limits, bind, router, serve};
use crate::{BoxError, Stopper};

const PATIENCE: Duration = Duration::from_secs(10);
const REQUEST: &[u8] = b"GET /quick HTTP/1.1\r\nhost: x\r\n\r\n";
const SLOW_REQUEST: &[u8] = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";

struct Server {
    address: SocketAddr,
    stopper: Stopper,
    running: JoinSet<Result<(), BoxError>>,
    /// Told when a slow request has arrived.
    arrived: Arc<Notify>,
    /// Lets a slow request end.
    release: Arc<Notify>,
}

async fn server(limits: Limits) -> Server {
    let (arrived, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waits) = (arrived.clone(), release.clone());
    let slow = move || async move {
        told.notify_one();
        waits.notified().await;
        "slow"
    };
    let routes = Router::new().route("/quick", get(|| async { "quick" })).route("/slow", get(slow));
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let (address, stopper, mut running) = (listener.local_addr().unwrap(), Stopper::new(), JoinSet::new());
    running.spawn(serve(listener, router(routes), limits, stopper.stop()));
    Server { address, stopper, running, arrived, release }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn ended(&mut self) {
        timeout(PATIENCE, self.running.join_next()).await.unwrap().unwrap().unwrap().unwrap();
    }
}

/// Reads until `expected` has come; an early end fails.
async fn read_until(stream: &mut TcpStream, expected: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 1024];
    while !text.contains(expected) {
        let count = timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "closed after {text:?}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    text
}

/// Waits for the other side to close, whatever it sends before.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _reset_is_closed_too = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test]
async fn a_request_on_its_way_when_the_stop_comes_is_answered_and_the_last() {
    let mut server = server(Limits { linger: PATIENCE, ..Limits::default() }).await;
    let mut kept = server.connect().await;
    kept.write_all(REQUEST).await.unwrap();
    let answer = read_until(&mut kept, "\r\n\r\nquick").await;
    assert!(!answer.contains("connection: close"), "{answer}");
    server.stopper.soft();
    kept.write_all(REQUEST).await.unwrap();
    let answer = read_until(&mut kept, "\r\n\r\nquick").await;
    assert!(answer.contains("connection: close"), "{answer}");
    closed(&mut kept).await;
    server.ended().await;
}

#[tokio::test]
async fn a_soft_stop_ends_idle_connections_and_finishes_running_requests() {
    let mut server = server(Limits { linger: Duration::from_millis(50), ..Limits::default() }).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    idle.write_all(REQUEST).await.unwrap();
    read_until(&mut idle, "quick").await;
    busy.write_all(SLOW_REQUEST).await.unwrap();
    server.arrived.notified().await;
    server.stopper.soft();
    closed(&mut idle).await;
    server.release.notify_one();
    let answer = read_until(&mut busy, "\r\n\r\nslow").await;
    assert!(answer.contains("connection: close"), "{answer}");
    server.ended().await;
    assert!(TcpStream::connect(server.address).await.is_err(), "accepts no more");
}

#[tokio::test]
async fn a_hard_stop_drops_running_requests() {
    let mut server = server(Limits::default()).await;
    let mut busy = server.connect().await;
    busy.write_all(SLOW_REQUEST).await.unwrap();
    server.arrived.notified().await;
    server.stopper.hard();
    server.ended().await;
    closed(&mut busy).await;
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_a_place() {
    let server = server(Limits { connections: 1, ..Limits::default() }).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.write_all(SLOW_REQUEST).await.unwrap();
    server.arrived.notified().await;
    second.write_all(REQUEST).await.unwrap();
    let early = timeout(Duration::from_millis(50), second.read_u8()).await;
    assert!(early.is_err(), "the second is served while the first holds the only place");
    drop(first);
    read_until(&mut second, "quick").await;
}

#[tokio::test]
async fn a_head_that_does_not_come_closes_the_connection() {
    let limits = Limits { header_read_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = server(limits).await;
    let (mut slow, mut silent, mut idle) =
        (server.connect().await, server.connect().await, server.connect().await);
    slow.write_all(b"GET /quick HT").await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    for stream in [&mut slow, &mut silent, &mut idle] {
        closed(stream).await;
    }
}

#[tokio::test]
async fn an_oversized_head_is_refused() {
    let server = server(Limits { header_bytes: 8 * 1024, ..Limits::default() }).await;
    let mut stream = server.connect().await;
    let long = "x".repeat(64 * 1024);
    let _may_be_reset =
        stream.write_all(format!("GET /quick HTTP/1.1\r\nhost: x\r\nlong: {long}").as_bytes()).await;
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let taken = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(address).await.unwrap_err().to_string();
    assert!(error.contains(&format!("can't listen on {address}")), "{error}");
}

#[tokio::test]
async fn accepted_connections_send_at_once() {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _peer) = listener.accept().await.unwrap();
    assert!(accepted.nodelay().unwrap());
}
