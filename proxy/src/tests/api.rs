//! An api-server that tests script: the feed, single routes, tickets, and what it was told.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::id::SandboxId;
use domain::route::Route;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What the feed tells.
#[derive(Clone, Debug, Default)]
struct Log {
    number: u64,
    routes: BTreeMap<SandboxId, Route>,
    gone: Vec<(u64, SandboxId)>,
}

#[derive(Debug)]
pub(crate) struct Api {
    pub(super) authorization: String,
    pub(super) keys: Value,
    log: watch::Sender<Log>,
    /// What is answered when one route is asked for.
    pub(super) single: Mutex<HashMap<SandboxId, Route>>,
    /// Cookies by ticket; taken when redeemed.
    pub(super) tickets: Mutex<HashMap<String, String>>,
    pub(super) pulls: AtomicUsize,
    pub(super) polls: AtomicUsize,
    pub(crate) is_away: AtomicBool,
    pub(crate) activity: Mutex<Vec<Value>>,
    pub(super) commands: Mutex<Vec<(String, Value)>>,
    pub(super) may_wake: AtomicBool,
}

impl Api {
    pub(crate) async fn start(
        authorization: String,
        keys: Value,
        tasks: &mut JoinSet<()>,
    ) -> (Arc<Self>, SocketAddr) {
        let api = Arc::new(Self {
            authorization,
            keys,
            log: watch::Sender::default(),
            single: Mutex::default(),
            tickets: Mutex::default(),
            pulls: AtomicUsize::new(0),
            polls: AtomicUsize::new(0),
            is_away: AtomicBool::new(false),
            activity: Mutex::default(),
            commands: Mutex::default(),
            may_wake: AtomicBool::new(true),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tasks.spawn(api.clone().listen(listener));
        (api, address)
    }

    /// Tells the feed, and whoever asks, of a route.
    pub(super) fn put(&self, mut route: Route) {
        self.log.send_modify(|log| {
            log.number += 1;
            route.position = log.number;
            self.single.lock().insert(route.sandbox.clone(), route.clone());
            log.routes.insert(route.sandbox.clone(), route);
        });
    }

    /// Only whoever asks is told.
    pub(super) fn put_past_feed(&self, mut route: Route) {
        route.position = self.log.borrow().number + 1;
        self.single.lock().insert(route.sandbox.clone(), route);
    }

    pub(super) fn remove(&self, id: &SandboxId) {
        self.single.lock().remove(id);
        self.log.send_modify(|log| {
            log.number += 1;
            log.routes.remove(id);
            log.gone.push((log.number, id.clone()));
        });
    }

    async fn listen(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let api = self.clone();
            let service = service_fn(move |request| {
                let api = api.clone();
                async move { Ok::<_, Infallible>(api.answer(request).await) }
            });
            let server = hyper::server::conn::http1::Builder::new();
            connections.spawn(async move {
                let _ended = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        assert_eq!(request.headers()["authorization"], self.authorization);
        if self.is_away.load(Ordering::SeqCst) {
            return reply(500, json!({"type": "internal"}));
        }
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        match path.strip_prefix("/internal/").unwrap() {
            "routes" => self.feed(&query).await,
            "redeem" => self.redeem(&body),
            "activity" => {
                self.activity.lock().push(body);
                reply(204, Value::Null)
            }
            "wake" if !self.may_wake.load(Ordering::SeqCst) => {
                reply(409, json!({"type": "not_wakeable", "detail": "not by a visit"}))
            }
            command @ ("wake" | "extend") => {
                self.commands.lock().push((command.to_owned(), body));
                reply(200, json!({"expires_at": "2026-09-01T10:00:00Z", "limited_by": "max_lifetime"}))
            }
            other => self.one(other),
        }
    }

    fn one(&self, path: &str) -> Response<Full<Bytes>> {
        if path.starts_with("queue/") {
            return reply(200, json!({"place": 3, "estimate_s": [20, 60]}));
        }
        self.pulls.fetch_add(1, Ordering::SeqCst);
        let id = path.strip_prefix("routes/").unwrap().parse().unwrap();
        match self.single.lock().get(&id) {
            Some(route) => reply(200, json!(route)),
            None => reply(404, json!({"type": "not_found"})),
        }
    }

    fn redeem(&self, body: &Value) -> Response<Full<Bytes>> {
        let Some(cookie) = self.tickets.lock().remove(body["ticket"].as_str().unwrap()) else {
            return reply(403, json!({"type": "https://errors.example.com/ticket_spent"}));
        };
        let id = body["sandbox"].as_str().unwrap().parse().unwrap();
        reply(200, json!({"cookie": cookie, "max_age_s": 60, "route": self.single.lock().get(&id)}))
    }

    async fn feed(&self, query: &str) -> Response<Full<Bytes>> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        let after =
            query.strip_prefix("after=E1.").map(|rest| rest.split('&').next().unwrap().parse().unwrap());
        let mut log = self.log.subscribe();
        if let Some(after) = after {
            let _ = timeout(Duration::from_secs(25), log.wait_for(|log| log.number > after)).await;
        }
        let log = log.borrow().clone();
        let since = after.unwrap_or(0);
        let routes: Vec<Route> = log.routes.into_values().filter(|route| route.position > since).collect();
        let gone: Vec<SandboxId> =
            log.gone.into_iter().filter(|(at, _)| *at > since).map(|(_, id)| id).collect();
        let position = format!("E1.{}", log.number);
        let full = after.is_none();
        reply(
            200,
            json!({"position": position, "full": full, "routes": routes, "gone": gone, "keys": self.keys}),
        )
    }
}

fn reply(status: u16, body: Value) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(status).unwrap();
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Response::builder().status(status).body(Full::new(bytes)).unwrap()
}
