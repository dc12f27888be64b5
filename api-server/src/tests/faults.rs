//! Faults through the API, on real parts: what was accepted is never lost, readiness says what is the matter and for
//! how long, the log says it once, and callers are told when to come back. These tests keep one thread each, on which
//! everything that is logged can be seen.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{Full, StreamBody};
use serde_json::Value;
use store::Options;
use store::testing::{Postgres, hold, limit_growth};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

use super::live::{Answer, Live, Log, send};
use super::world::{PLATFORM, asked};

/// Bounds a failing test; nothing waits for it to pass. A pool waits ten seconds for a server that is gone.
const PATIENCE: Duration = Duration::from_secs(90);
const CALLERS: usize = 6;

/// Callers that create sandboxes until they are told to stop, each trying the same again until it is accepted.
struct Load {
    callers: JoinSet<BTreeMap<String, Value>>,
    accepted: watch::Sender<usize>,
    refused: watch::Sender<usize>,
    stop: watch::Sender<bool>,
}

impl Load {
    fn begin(address: SocketAddr) -> Self {
        let (accepted, refused, stop) =
            (watch::Sender::new(0), watch::Sender::new(0), watch::Sender::new(false));
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            callers.spawn(create(address, caller, [accepted.clone(), refused.clone()], stop.subscribe()));
        }
        Self { callers, accepted, refused, stop }
    }

    /// Waits until so many more were accepted.
    async fn accepts(&self, more: usize) {
        let until = *self.accepted.borrow() + more;
        reaches(&self.accepted, until).await;
    }

    /// The sandboxes that were accepted, by their ref.
    async fn end(self) -> BTreeMap<String, Value> {
        self.stop.send_replace(true);
        timeout(PATIENCE, self.callers.join_all()).await.unwrap().into_iter().flatten().collect()
    }
}

async fn reaches(count: &watch::Sender<usize>, until: usize) {
    let mut counts = count.subscribe();
    timeout(PATIENCE, counts.wait_for(|count| *count >= until)).await.unwrap().unwrap();
}

async fn create(
    address: SocketAddr,
    caller: usize,
    [accepted, refused]: [watch::Sender<usize>; 2],
    stop: watch::Receiver<bool>,
) -> BTreeMap<String, Value> {
    let mut created = BTreeMap::new();
    while !*stop.borrow() {
        let name = format!("c{caller}-{}", created.len());
        let body = asked(&name, "school-1").to_string();
        // Until it is accepted, however often: a refusal may hide that it was stored.
        let answer = loop {
            let body = Full::new(Bytes::from(body.clone()));
            let answer = send(address, "POST", "/v1/sandboxes", body).await.unwrap();
            if answer.status.is_success() {
                break answer;
            }
            is_store_unavailable(&answer);
            refused.send_modify(|count| *count += 1);
        };
        created.insert(name, answer.body["id"].clone());
        accepted.send_modify(|count| *count += 1);
    }
    created
}

fn is_store_unavailable(answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["type"]),
        (503, &"store_unavailable".into()),
        "{answer:?}"
    );
    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
}

/// Everything that was accepted is there, once, and nothing else.
async fn nothing_is_lost(live: &Live, accepted: &BTreeMap<String, Value>) {
    let stored = live.store.sandboxes().live().await.unwrap();
    let stored: BTreeMap<String, Value> = stored
        .into_iter()
        .map(|sandbox| (sandbox.intent.r#ref.to_string(), sandbox.intent.id.to_string().into()))
        .collect();
    assert_eq!(&stored, accepted);
}

/// One line says that it went wrong, one that it is over; the first one tells that it began.
fn is_logged_once(log: &Log) {
    let lines = log.lines_with("check.name=\"store\"");
    let passes = lines.iter().filter(|line| line.contains("check passes")).count();
    let fails = lines.iter().filter(|line| line.contains("check fails")).count();
    assert_eq!((fails, passes), (1, 2), "{lines:#?}");
}

#[tokio::test]
async fn postgres_crashes_and_comes_back_under_load() {
    let (log, _guard) = Log::keep();
    let server =
        spawn_blocking(|| Postgres::mortal().unwrap_or_else(|error| panic!("{error}"))).await.unwrap();
    let server = Arc::new(server);
    let live = Live::start(Options::new(server.database().unwrap())).await;
    let load = Load::begin(live.address);
    load.accepts(30).await;
    let mortal = server.clone();
    spawn_blocking(move || mortal.crash().unwrap()).await.unwrap();
    timeout(PATIENCE, live.readiness.becomes("store", false)).await.unwrap();
    reaches(&load.refused, 1).await;
    let mortal = server.clone();
    spawn_blocking(move || mortal.start_again().unwrap()).await.unwrap();
    timeout(PATIENCE, live.readiness.becomes("store", true)).await.unwrap();
    load.accepts(30).await;
    nothing_is_lost(&live, &load.end().await).await;
    is_logged_once(&log);
    assert!(log.lines_with("listening to the database was interrupted").len() <= 1);
}

#[tokio::test]
async fn a_full_disk_under_load() {
    let (log, _guard) = Log::keep();
    let folder = tempfile::tempdir().unwrap();
    let live = Live::start(on_file(&folder)).await;
    let load = Load::begin(live.address);
    load.accepts(30).await;
    limit_growth(&live.store, true).await.unwrap();
    timeout(PATIENCE, live.readiness.becomes("store", false)).await.unwrap();
    reaches(&load.refused, 3 * CALLERS).await;
    assert!(!live.readiness.passes("store"), "reading well is not enough");
    limit_growth(&live.store, false).await.unwrap();
    timeout(PATIENCE, live.readiness.becomes("store", true)).await.unwrap();
    load.accepts(30).await;
    nothing_is_lost(&live, &load.end().await).await;
    is_logged_once(&log);
}

#[tokio::test]
async fn a_database_that_another_process_locks_under_load() {
    let (log, _guard) = Log::keep();
    let folder = tempfile::tempdir().unwrap();
    let live = Live::start(on_file(&folder)).await;
    let other = store::Store::open(
        on_file(&folder),
        Arc::new(domain::time::SystemClock),
        Arc::new(domain::random::OsRandom),
    );
    let other = other.await.unwrap();
    let load = Load::begin(live.address);
    load.accepts(30).await;
    // The load leaves hardly a gap, so that one try may find the lock taken.
    let held = loop {
        if let Ok(held) = hold(&other).await {
            break held;
        }
    };
    timeout(PATIENCE, live.readiness.becomes("store", false)).await.unwrap();
    reaches(&load.refused, CALLERS).await;
    drop(held);
    timeout(PATIENCE, live.readiness.becomes("store", true)).await.unwrap();
    load.accepts(30).await;
    nothing_is_lost(&live, &load.end().await).await;
    is_logged_once(&log);
}

fn on_file(folder: &tempfile::TempDir) -> Options {
    let url = format!("sqlite:{}", folder.path().join("store.db").display());
    Options { busy_timeout_ms: 200, ..Options::new(url) }
}

/// What SIGTERM begins: requests under way are answered, watches end with their last chunk, nobody new gets in, and the
/// server ends in order.
#[tokio::test]
async fn a_drain_answers_who_is_there_and_ends_watches_politely() {
    let live = Live::start(Options::new("sqlite::memory:")).await;
    let (address, body) = (live.address, asked("late", "school-1").to_string());
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut under_way = JoinSet::new();
    under_way.spawn(send(address, "POST", "/v1/sandboxes", halting(body, begun.clone(), go_on.clone())));
    begun.notified().await;
    let mut watch = TcpStream::connect(address).await.unwrap();
    let asks =
        format!("GET /v1/events/watch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {PLATFORM}\r\n\r\n");
    watch.write_all(asks.as_bytes()).await.unwrap();
    let mut seen = vec![0; 64 * 1024];
    let opened = watch.read(&mut seen).await.unwrap();
    assert!(seen[..opened].starts_with(b"HTTP/1.1 200"));
    live.stopper.soft();
    let mut rest = Vec::new();
    timeout(PATIENCE, watch.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "the stream is complete: {}", String::from_utf8_lossy(&rest));
    go_on.notify_one();
    let answer = under_way.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(answer.status, 202, "{}", answer.body);
    let store = live.store.clone();
    timeout(PATIENCE, live.ended()).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    assert_eq!(store.sandboxes().live().await.unwrap().len(), 1);
}

/// A body in two parts: it says when the first is on its way, and waits before the second.
fn halting(
    text: String,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
) -> StreamBody<impl futures_util::Stream<Item = Result<http_body::Frame<Bytes>, std::io::Error>> + Send> {
    let (first, second) = text.split_at(text.len() / 2);
    let parts = [Bytes::from(first.to_owned()), Bytes::from(second.to_owned())];
    StreamBody::new(stream::iter(parts.into_iter().enumerate()).then(move |(nth, part)| {
        let (begun, go_on) = (begun.clone(), go_on.clone());
        async move {
            if nth == 1 {
                begun.notify_one();
                go_on.notified().await;
            }
            Ok(http_body::Frame::data(part))
        }
    }))
}
