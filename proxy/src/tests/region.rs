//! A region of one proxy, one scripted api-server, and agents as wanted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::phase::{Phase, Wanted};
use domain::random::OsRandom;
use domain::route::{Route, RouteApp, Target};
use domain::secret::Secret;
use domain::template::AppKind;
use domain::time::{Clock as _, SystemClock};
use domain::token::{CookieClaims, Signer};
use runtime::{BoxError, Readiness, SharedRegistry, Stopper};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::agent::{APP_PORT, Agent};
use super::api::Api;
use super::app::App;
use super::client::{Client, PATIENCE};
use crate::{Config, Context, Proxy};

const SECRET: &str = "a role secret of the tests, 32 bytes and more";
pub(super) const SANDBOX: &str = "bj-abcdefghij234567";
pub(super) const TOKEN: &str = "token-of-the-first-life";

pub(super) struct Region {
    pub(super) api: Arc<Api>,
    pub(super) proxy: SocketAddr,
    pub(super) stopper: Stopper,
    pub(super) signer: Signer,
    pub(super) registry: SharedRegistry,
    pub(super) tasks: JoinSet<()>,
    running: JoinSet<Result<(), BoxError>>,
    folder: TempDir,
}

impl Region {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(super) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let (signer, mut tasks) = (Signer::new(&Secret::new(SECRET).unwrap()), JoinSet::new());
        let (kid, public) = signer.public();
        let authorization = format!("Bearer {}", Secret::new(SECRET).unwrap().role_token());
        let keys = json!([{"kid": kid, "public": public}]);
        let (api, api_address) = Api::start(authorization, keys, &mut tasks).await;
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_url: format!("http://{api_address}"),
            role_secret: SECRET.to_owned().into(),
            reentry_url: Some("https://school.example.com/back".to_owned()),
            reporter: "proxy-1".to_owned(),
            header_timeout_s: 1,
            ..Config::default()
        };
        change(&mut config);
        let (readiness, registry, stopper) =
            (Readiness::default(), SharedRegistry::default(), Stopper::new());
        let context = Context {
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            readiness: readiness.clone(),
            registry: registry.clone(),
        };
        let proxy = Proxy::bind(&config, context).await.unwrap();
        readiness.announce(&["route_feed"]);
        let (address, mut running) = (proxy.address().unwrap(), JoinSet::new());
        running.spawn(proxy.run(stopper.stop()));
        timeout(PATIENCE, readiness.ready()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { api, proxy: address, stopper, signer, registry, tasks, running, folder }
    }

    /// A region with one ready sandbox of three apps, and its agent.
    pub(super) async fn ready() -> (Self, Arc<Agent>, Client) {
        let mut region = Self::start().await;
        let agent = region.agent("main", TOKEN);
        region.put(route(&agent)).await;
        let client = region.client("lab");
        (region, agent, client)
    }

    pub(super) fn agent(&mut self, name: &str, token: &str) -> Arc<Agent> {
        let path = self.folder.path().join(format!("{name}.sock"));
        Agent::start(path, token, App::named(name), &mut self.tasks)
    }

    /// Tells a route, and waits until the proxy has heard it.
    pub(super) async fn put(&self, route: Route) {
        let polls = self.polls();
        self.api.put(route);
        // The poll that brings it ends, and the next one begins behind it.
        super::client::until("the feed goes on", || self.polls() > polls).await;
    }

    fn polls(&self) -> usize {
        self.api.polls.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// A visitor of an app, with a right cookie.
    pub(super) fn client(&self, app: &str) -> Client {
        let host = format!("{app}--{SANDBOX}.localhost:{}", self.proxy.port());
        Client { proxy: self.proxy, host, cookie: Some(self.signer.sign(&claims(app))) }
    }

    /// The proxy's metrics, as they are scraped.
    pub(super) fn metrics(&self) -> String {
        self.registry.encode().unwrap()
    }

    /// Waits until the proxy has ended by itself.
    pub(super) async fn ended(&mut self, within: Duration) {
        timeout(within, self.running.join_next()).await.expect("the proxy ends").unwrap().unwrap().unwrap();
    }
}

/// The claims of a right cookie of the first epoch, for an hour.
pub(super) fn claims(app: &str) -> CookieClaims {
    CookieClaims {
        sbx: SANDBOX.parse().unwrap(),
        app: app.parse().unwrap(),
        usr: "u-7".to_owned(),
        rol: "student".to_owned(),
        epo: 1,
        exp: SystemClock.now().seconds() + 3600,
    }
}

pub(super) fn target(agent: &Agent, incarnation: u64) -> Target {
    Target { address: agent.address(), incarnation, token: Some(agent.token.lock().clone()) }
}

/// A ready sandbox.
pub(super) fn route(agent: &Agent) -> Route {
    let now = SystemClock.now();
    Route {
        sandbox: SANDBOX.parse().unwrap(),
        r#ref: "c42-s7".parse().unwrap(),
        position: 0,
        phase: Phase::Ready,
        wanted: Wanted::Running,
        cause: None,
        access_epoch: 1,
        apps: vec![app("lab", AppKind::Http), app("terminal", AppKind::Terminal), dev()],
        targets: BTreeMap::from([("main".parse().unwrap(), target(agent, 1))]),
        expires_at: now.plus_s(3600),
        max_expires_at: now.plus_s(7200),
        idle_stop_at: None,
        can_wake: false,
    }
}

/// The same sandbox, without machines.
pub(super) fn route_in(phase: Phase, wanted: Wanted, agent: &Agent) -> Route {
    Route { phase, wanted, targets: BTreeMap::new(), ..route(agent) }
}

fn app(name: &str, kind: AppKind) -> RouteApp {
    let http = kind == AppKind::Http;
    RouteApp {
        name: name.parse().unwrap(),
        kind,
        machine: "main".parse().unwrap(),
        port: http.then_some(APP_PORT),
        ports: None,
        path: http.then(|| "/lab".to_owned()),
        command: (!http).then(|| vec!["/bin/bash".to_owned(), "-l".to_owned()]),
    }
}

fn dev() -> RouteApp {
    RouteApp { port: None, ports: Some((APP_PORT - 8, APP_PORT)), path: None, ..app("dev", AppKind::Http) }
}
