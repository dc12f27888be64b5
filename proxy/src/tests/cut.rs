//! Live connections end when their right to be there ends, politely and soon.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::phase::{Phase, Wanted};
use domain::route::Route;
use domain::time::{Clock as _, SystemClock};
use futures_util::SinkExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::agent::Agent;
use super::client::PATIENCE;
use super::region::{Region, claims, route, route_in, target};
use super::websockets::{next, websocket};

/// What is promised is 250 ms; a machine full of tests may be slow to look.
const SOON: Duration = Duration::from_millis(750);

/// Waits for the close, and answers its code.
async fn closed(socket: &mut WebSocketStream<TcpStream>) -> u16 {
    loop {
        match next(socket).await {
            Message::Close(Some(close)) => return close.code.into(),
            Message::Close(None) => panic!("a close without a code"),
            _ => {}
        }
    }
}

async fn cut_by(change: impl FnOnce(&Agent) -> Route) -> u16 {
    let (region, agent, client) = Region::ready().await;
    let (mut first, mut second) = (websocket(&client, "/ws").await, websocket(&client, "/ws").await);
    first.send(Message::text("hello")).await.unwrap();
    assert_eq!(next(&mut first).await, Message::text("hello"));
    let began = Instant::now();
    region.put(change(&agent)).await;
    let codes = (closed(&mut first).await, closed(&mut second).await);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(codes.0, codes.1);
    super::client::until("both are gone", || region.metrics().contains("qingjiao_proxy_sessions 0")).await;
    codes.0
}

#[tokio::test]
async fn a_stop_closes_websockets_with_4001() {
    assert_eq!(cut_by(|agent| route_in(Phase::Stopping, Wanted::Stopped, agent)).await, 4001);
}

#[tokio::test]
async fn another_life_of_the_machine_closes_websockets() {
    let another = |agent: &Agent| {
        let targets = BTreeMap::from([("main".parse().unwrap(), target(agent, 2))]);
        Route { targets, ..route(agent) }
    };
    assert_eq!(cut_by(another).await, 4001);
}

#[tokio::test]
async fn revoked_access_closes_websockets() {
    assert_eq!(cut_by(|agent| Route { access_epoch: 2, ..route(agent) }).await, 4001);
}

#[tokio::test]
async fn a_change_that_leaves_the_machine_alone_leaves_its_visitors_alone() {
    let (region, agent, client) = Region::ready().await;
    let mut socket = websocket(&client, "/ws").await;
    for hours in 1..4 {
        let expires_at = SystemClock.now().plus_s(hours * 3600);
        region.put(Route { expires_at, ..route(&agent) }).await;
        socket.send(Message::text("still here")).await.unwrap();
        assert_eq!(next(&mut socket).await, Message::text("still here"));
    }
}

#[tokio::test]
async fn a_deleted_sandbox_closes_websockets() {
    let (region, _agent, client) = Region::ready().await;
    let mut socket = websocket(&client, "/ws").await;
    region.api.remove(&super::region::SANDBOX.parse().unwrap());
    assert_eq!(closed(&mut socket).await, 4001);
}

#[tokio::test]
async fn an_expired_cookie_closes_websockets() {
    let (region, _agent, client) = Region::ready().await;
    let mut short = claims("lab");
    short.exp = SystemClock.now().seconds() + 2;
    let client = client.with_cookie(&region.signer.sign(&short));
    let mut socket = websocket(&client, "/ws").await;
    assert_eq!(closed(&mut socket).await, 4001);
    assert!(SystemClock.now().seconds() >= short.exp);
}

#[tokio::test]
async fn a_close_stands_between_frames_never_in_one() {
    let (region, agent, client) = Region::ready().await;
    let mut socket = websocket(&client, "/ws").await;
    // Echoes of large messages are under way when the sandbox stops.
    let large = Message::Binary(Bytes::from(vec![9; 200_000]));
    for _ in 0..3 {
        socket.send(large.clone()).await.unwrap();
    }
    region.put(route_in(Phase::Stopping, Wanted::Stopped, &agent)).await;
    assert_eq!(closed(&mut socket).await, 4001, "every frame before it was whole");
}

#[tokio::test]
async fn a_machine_that_stops_within_a_frame_is_cut_in_time() {
    let (region, agent, client) = Region::ready().await;
    let mut socket = websocket(&client, "/ws").await;
    socket.send(Message::text("half")).await.unwrap();
    let stream = socket.get_mut();
    let mut begun = [0; 5];
    stream.read_exact(&mut begun).await.unwrap();
    let began = Instant::now();
    region.put(route_in(Phase::Stopping, Wanted::Stopped, &agent)).await;
    let mut rest = Vec::new();
    let _reset_or_end = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the proxy cuts");
    assert!(began.elapsed() < SOON && rest.is_empty(), "{:?} {rest:?}", began.elapsed());
}

#[tokio::test]
async fn a_visitor_who_reads_nothing_is_cut_in_time() {
    let (region, agent, client) = Region::ready().await;
    let (mut stream, head) = client
        .open(
            &client
                .handshake("/tunnel", Some(&client.origin()))
                .replace("Upgrade: websocket", "Upgrade: rope"),
        )
        .await;
    assert!(head.starts_with("HTTP/1.1 101 "));
    // Echoes pile up until every buffer is full.
    let piece = [0; 64 * 1024];
    while timeout(Duration::from_millis(300), stream.write_all(&piece)).await.is_ok() {}
    let began = Instant::now();
    region.put(route_in(Phase::Stopping, Wanted::Stopped, &agent)).await;
    super::client::until("the session ends", || region.metrics().contains("qingjiao_proxy_sessions 0")).await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[tokio::test]
async fn streams_and_requests_under_way_end_with_the_sandbox() {
    let (region, agent, client) = Region::ready().await;
    let events = format!(
        "GET /events HTTP/1.1\r\nHost: {}\r\nCookie: __Host-qj={}\r\n\r\n",
        client.host,
        client.cookie.as_ref().unwrap()
    );
    let (mut stream, head) = client.open(&events).await;
    assert!(head.contains("text/event-stream"), "{head}");
    let never = client.get("/never");
    let stopping = async {
        super::client::until("both arrived", || agent.app.got.lock().len() == 2).await;
        region.put(route_in(Phase::Stopping, Wanted::Stopped, &agent)).await;
        Instant::now()
    };
    let (answer, began) = tokio::join!(never, stopping);
    assert_eq!(answer.status(), http::StatusCode::SERVICE_UNAVAILABLE);
    let mut rest = Vec::new();
    let _reset_or_end = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the stream ends");
    assert!(!rest.ends_with(b"0\r\n\r\n"), "no stream that was cut looks whole");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_soft_stop_says_goodbye_and_finishes_requests() {
    let (mut region, agent, client) = Region::ready().await;
    let mut socket = websocket(&client, "/ws").await;
    let upload = format!(
        "POST /upload HTTP/1.1\r\nHost: {}\r\nCookie: __Host-qj={}\r\nContent-Length: 10\r\n\r\nhello",
        client.host,
        client.cookie.as_ref().unwrap()
    );
    let mut stream = TcpStream::connect(client.proxy).await.unwrap();
    stream.write_all(upload.as_bytes()).await.unwrap();
    super::client::until("both arrived", || agent.app.got.lock().len() == 2).await;
    region.stopper.soft();
    assert_eq!(closed(&mut socket).await, 1012);
    stream.write_all(b"world").await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.contains("main got 10 bytes"), "{answer}");
    region.ended(PATIENCE).await;
    assert!(TcpStream::connect(client.proxy).await.is_err());
    assert_eq!(region.api.activity.lock().len(), 1, "a last report");
}

#[tokio::test]
async fn a_soft_stop_ends_streams_of_events_and_a_hard_one_everything() {
    let (mut region, agent, client) = Region::ready().await;
    let request = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: __Host-qj={}\r\n\r\n",
            client.host,
            client.cookie.as_ref().unwrap()
        )
    };
    let (mut events, _) = client.open(&request("/events")).await;
    let mut never = TcpStream::connect(client.proxy).await.unwrap();
    never.write_all(request("/never").as_bytes()).await.unwrap();
    super::client::until("both arrived", || agent.app.got.lock().len() == 2).await;
    region.stopper.soft();
    let mut rest = Vec::new();
    timeout(PATIENCE, events.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "a whole stream: the browser takes it up again");
    region.stopper.hard();
    region.ended(PATIENCE).await;
    let mut rest = Vec::new();
    let _reset_or_end = timeout(PATIENCE, never.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty());
}
