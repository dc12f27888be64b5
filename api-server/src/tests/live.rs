//! An api-server that serves on a socket, on a clock that runs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use domain::id::RegionName;
use domain::random::OsRandom;
use domain::secret::{Secret, Secrets};
use domain::time::SystemClock;
use http::{HeaderMap, Request, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use runtime::{BoxError, Readiness, SharedRegistry, Stopper};
use serde_json::Value;
use store::{NewKey, Options, Scope, Store};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tracing::subscriber::DefaultGuard;

use super::world::{PLATFORM, lab};
use crate::{Config, Context, Server, hash_of};

pub(super) struct Live {
    pub(super) address: SocketAddr,
    pub(super) store: Store,
    pub(super) readiness: Readiness,
    pub(super) stopper: Stopper,
    serving: JoinSet<Result<(), BoxError>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Live {
    /// Serves on this database, with a platform's key and the template `lab`.
    pub(super) async fn start(options: Options) -> Self {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let store = Store::open(options, clock.clone(), random.clone()).await.unwrap();
        let hash = hash_of(PLATFORM);
        let key = NewKey { id: "k".into(), hash, scope: Scope::Platform, tenant: None, name: "k".into() };
        store.keys().create(key).await.unwrap();
        let (stopper, readiness) = (Stopper::new(), Readiness::default());
        let context = Context {
            region: RegionName::default(),
            store: store.clone(),
            clock,
            random,
            stop: stopper.stop(),
            readiness: readiness.clone(),
            registry: SharedRegistry::default(),
        };
        let secrets = || vec![Secret::new(&"s".repeat(32)).unwrap()];
        let secrets = Secrets { roles: secrets(), signing: secrets() };
        let config = Config { listen: (Ipv4Addr::LOCALHOST, 0).into(), ..Config::default() };
        let server = Server::bind(config, &secrets, context).await.unwrap();
        let (address, mut serving) = (server.address(), JoinSet::new());
        serving.spawn(server.run());
        let live = Self { address, store, readiness, stopper, serving };
        live.readiness.ready().await;
        let published = live.send("POST", "/v1/templates/lab/versions", lab().to_string()).await.unwrap();
        assert_eq!(published.status, 201, "{}", published.body);
        live
    }

    /// One request on a connection of its own.
    pub(super) async fn send(&self, method: &str, path: &str, body: String) -> io::Result<Answer> {
        send(self.address, method, path, Full::new(Bytes::from(body))).await
    }

    /// How it ended.
    pub(super) async fn ended(mut self) -> Result<(), BoxError> {
        self.serving.join_next().await.unwrap().unwrap()
    }
}

pub(super) async fn send<B>(address: SocketAddr, method: &str, path: &str, body: B) -> io::Result<Answer>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {PLATFORM}"))
        .body(body)
        .unwrap();
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

/// What this thread logs from `info` up, in lines, for as long as the guard lives.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn keep() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone());
        let guard = tracing::subscriber::set_default(lines.finish());
        (log, guard)
    }

    pub(super) fn lines_with(&self, part: &str) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.0.lock()).into_owned();
        text.lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
