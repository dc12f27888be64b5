//! Sandboxes of one machine each, a proxy that leads to them, and students who come through it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use domain::id::{RegionName, SandboxId};
use domain::phase::{Phase, Wanted};
use domain::provider::{Batch, BatchId, MachineSpec, Provider as _, Resource, State, StoreEpoch, Tags};
use domain::random::OsRandom;
use domain::route::{Route, RouteApp, Target};
use domain::secret::Secret;
use domain::template::{AppKind, Network, Template};
use domain::time::{Clock as _, SystemClock};
use domain::token::{AgentClaims, CookieClaims, Signer, Verb};
use http::{Method, StatusCode};
use local::Local;
use reqwest::RequestBuilder;
use runtime::{BoxError, Readiness, SharedRegistry, Stopper};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::feed;

const SECRET: &str = "a role secret of the stale route, 32 bytes and more";
/// User ids of these machines, which no other test's have.
const UIDS_FIRST: u32 = 480_000;
const UIDS_COUNT: u32 = 16;
/// A machine that a failed test leaves ends by itself.
const DEADLINE_S: u64 = 180;
const TOKEN_S: i64 = 600;
const WEB_PORT: u16 = 8000;
const WEB: &str = "echo private of $WHOSE >index.html; exec python3 -m http.server 8000 --bind 127.0.0.1";

/// Everything that the test stands on.
pub(super) struct Ground {
    local: Local,
    machines: BTreeMap<&'static str, Resource>,
    signer: Signer,
    proxy: SocketAddr,
    state: TempDir,
    stopper: Stopper,
    running: JoinSet<Result<(), BoxError>>,
    _feed: JoinSet<()>,
}

/// Somebody with a right cookie for the apps of one sandbox.
pub(super) struct Student {
    sandbox: SandboxId,
    proxy: SocketAddr,
    signer: Signer,
    client: reqwest::Client,
}

impl Ground {
    /// A running machine for each name, and a proxy that has heard of them all.
    pub(super) async fn start<const N: usize>(names: [&'static str; N]) -> anyhow::Result<Self> {
        let (state, signer) = (tempfile::tempdir()?, Signer::new(&Secret::new(SECRET)?));
        let local = open(&state)?;
        let mut machines = BTreeMap::new();
        for whose in names {
            machines.insert(whose, run(&local, whose, &signer).await?);
        }
        let mut feed = JoinSet::new();
        let routes = machines.values().map(|machine| route(machine, &signer)).collect::<Result<_, _>>()?;
        let api = feed::tell(routes, &signer, &mut feed).await?;
        let (readiness, stopper, mut running) = (Readiness::default(), Stopper::new(), JoinSet::new());
        let proxy = proxy::Proxy::bind(&config(api), context(&readiness)).await?;
        readiness.announce(&["route_feed"]);
        let address = proxy.address()?;
        running.spawn(proxy.run(stopper.stop()));
        readiness.ready().await;
        Ok(Self { local, machines, signer, proxy: address, state, stopper, running, _feed: feed })
    }

    pub(super) fn student(&self, whose: &str) -> Student {
        Student {
            sandbox: self.machines[whose].tags.sandbox.clone(),
            proxy: self.proxy,
            signer: self.signer.clone(),
            client: reqwest::Client::new(),
        }
    }

    /// Ends a machine and has another's agent answer at its address. The routes stay as they are.
    pub(super) async fn give_away_the_address_of(&self, whose: &str, to: &str) -> anyhow::Result<()> {
        let [old, new] = [socket(&self.machines[whose])?, socket(&self.machines[to])?];
        self.local.delete(&[self.machines[whose].id.clone()]).await?;
        while self.local.list().await?.resources.iter().any(|found| found.id == self.machines[whose].id) {
            self.local.changed().await;
        }
        anyhow::ensure!(!old.exists(), "the address of the ended machine is free");
        std::os::unix::fs::symlink(new, old).context("the address given away")
    }

    /// Ends everything.
    pub(super) async fn clean(mut self) -> anyhow::Result<()> {
        let all: Vec<_> = self.local.list().await?.resources.into_iter().map(|found| found.id).collect();
        self.local.delete(&all).await?;
        self.stopper.hard();
        while self.running.join_next().await.is_some() {}
        self.state.close().context("the state folder removed")
    }
}

impl Student {
    /// What is shown at a path of an app.
    pub(super) async fn see(&self, app: &str, path: &str) -> anyhow::Result<(StatusCode, String)> {
        let answer = self.ask(Method::GET, app, path).send().await?;
        Ok((answer.status(), answer.text().await?))
    }

    /// The answer to the handshake of a WebSocket.
    pub(super) async fn upgrade(&self, app: &str, path: &str) -> anyhow::Result<StatusCode> {
        let request = self.ask(Method::GET, app, path);
        let handshake = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", "qj.terminal.v1"),
        ];
        let request =
            handshake.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        Ok(request.send().await?.status())
    }

    /// A request with this student's cookie, as from the app's own page.
    pub(super) fn ask(&self, method: Method, app: &str, path: &str) -> RequestBuilder {
        let host = format!("{app}--{}.localhost:{}", self.sandbox, self.proxy.port());
        let request = self.client.request(method, format!("http://{}{path}", self.proxy));
        let (origin, cookie) = (format!("http://{host}"), format!("__Host-qj={}", self.cookie(app)));
        request.header("host", host).header("origin", origin).header("cookie", cookie)
    }

    fn cookie(&self, app: &str) -> String {
        self.signer.sign(&CookieClaims {
            sbx: self.sandbox.clone(),
            app: app.parse().unwrap(),
            usr: "u-7".to_owned(),
            rol: "student".to_owned(),
            epo: 1,
            exp: SystemClock.now().seconds() + TOKEN_S,
        })
    }
}

fn region() -> RegionName {
    "bj".parse().unwrap()
}

fn open(state: &TempDir) -> anyhow::Result<Local> {
    let agent = std::env::var_os("QINGJIAO_AGENT").map(PathBuf::from);
    let agent = agent.filter(|agent| agent.is_file()).context("the agent is not built: `make agent`")?;
    let mut config = local::Config::new(state.path().to_owned(), agent);
    (config.uids_first, config.uids_count) = (UIDS_FIRST, UIDS_COUNT);
    Ok(Local::open(region(), config, Arc::new(SystemClock), Arc::new(OsRandom))?)
}

async fn run(local: &Local, whose: &'static str, signer: &Signer) -> anyhow::Result<Resource> {
    let sandbox = SandboxId::generate(&region(), &OsRandom);
    let batch = BatchId { id: whose.to_owned(), attempt: 1 };
    let member = spec(sandbox, whose, signer)?;
    let id = local.ensure(&Batch { id: batch, members: vec![member] }).await.remove(0)?;
    loop {
        let listed = local.list().await?.resources;
        match listed.into_iter().find(|found| found.id == id && found.state == State::Running) {
            Some(running) => return Ok(running),
            None => local.changed().await,
        }
    }
}

fn spec(sandbox: SandboxId, whose: &str, signer: &Signer) -> anyhow::Result<MachineSpec> {
    let template = Template::parse(&json!({"machines":[{"name":"main",
        "runs":{"process":{"command":["/bin/bash", "-c", WEB]}},"env":{"WHOSE":whose},
        "resources":{"cpu_millis":100,"memory_mib":64},"home":{"path":"/home/student","size_mib":16}}]}));
    let mut template = template.map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let (epoch, incarnation) = (StoreEpoch("E1".to_owned()), 1);
    let machine = template.machines.remove(0);
    let name = machine.name.clone();
    Ok(MachineSpec {
        tags: Tags { region: region(), epoch, sandbox, machine: name, incarnation, creation_number: 1 },
        tenant: "school-9".parse()?,
        machine,
        peers: Vec::new(),
        network: Network::default(),
        home_generation: 1,
        deadline_s: DEADLINE_S,
        agent_keys: [signer.public()].into(),
    })
}

fn route(machine: &Resource, signer: &Signer) -> anyhow::Result<Route> {
    let (tags, now) = (&machine.tags, SystemClock.now());
    let token = signer.sign(&AgentClaims {
        sbx: tags.sandbox.clone(),
        mch: tags.machine.clone(),
        inc: tags.incarnation,
        vrb: vec![Verb::Connect, Verb::Terminal, Verb::Files],
        exp: now.seconds() + TOKEN_S,
    });
    let address = machine.address.clone().context("a running machine has an address")?;
    let target = Target { address, incarnation: tags.incarnation, token: Some(token) };
    Ok(Route {
        sandbox: tags.sandbox.clone(),
        r#ref: "c42-s7".parse()?,
        position: 1,
        phase: Phase::Ready,
        wanted: Wanted::Running,
        cause: None,
        access_epoch: 1,
        apps: vec![app("web", AppKind::Http)?, app("terminal", AppKind::Terminal)?],
        targets: [(tags.machine.clone(), target)].into(),
        expires_at: now.plus_s(TOKEN_S.unsigned_abs()),
        max_expires_at: now.plus_s(TOKEN_S.unsigned_abs()),
        idle_stop_at: None,
        can_wake: false,
    })
}

fn app(name: &str, kind: AppKind) -> anyhow::Result<RouteApp> {
    let is_web = kind == AppKind::Http;
    Ok(RouteApp {
        name: name.parse()?,
        kind,
        machine: "main".parse()?,
        port: is_web.then_some(WEB_PORT),
        ports: None,
        path: is_web.then(|| "/".to_owned()),
        command: (!is_web).then(|| vec!["/bin/bash".to_owned()]),
    })
}

fn socket(machine: &Resource) -> anyhow::Result<PathBuf> {
    let address = machine.address.as_ref().context("a running machine has an address")?;
    Ok(address.0.strip_prefix("unix:").context("a socket")?.into())
}

fn config(api: SocketAddr) -> proxy::Config {
    proxy::Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        api_url: format!("http://{api}"),
        role_secret: SECRET.to_owned().into(),
        ..proxy::Config::default()
    }
}

fn context(readiness: &Readiness) -> proxy::Context {
    proxy::Context {
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        readiness: readiness.clone(),
        registry: SharedRegistry::default(),
    }
}
