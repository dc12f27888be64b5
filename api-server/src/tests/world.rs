//! A region in memory, with keys, a template, and a hand that does the jobrunner's work.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use domain::phase::Phase;
use domain::provider::Address;
use domain::random::SeededRandom;
use domain::sandbox::{Sandbox, Status};
use domain::secret::{Secret, Secrets};
use domain::time::{Clock as _, ManualClock, Timestamp};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use runtime::{Readiness, SharedRegistry, Stopper};
use serde_json::{Value, json};
use store::{Expect, LEADER, NewKey, Scope, Store, Term};
use tower::ServiceExt as _;

use crate::config::Config;
use crate::context::{Api, Context};
use crate::{hash_of, router};

pub(super) const PLATFORM: &str = "qj_platform";
pub(super) const OPERATOR: &str = "qj_operator";
/// A platform key that is bound to `school-1`.
pub(super) const SCHOOL_1: &str = "qj_school-1";

/// Bounds a failing test; nothing waits for it to pass.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

const BEGIN: &str = "2026-09-01T08:00:00Z";
const LEASE_MS: u64 = 10 * 24 * 3600 * 1000;

pub(super) struct World {
    pub(super) api: Api,
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    pub(super) stopper: Stopper,
    pub(super) roles: Secret,
    router: Router,
    term: Term,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }

    /// Asserts a problem of this kind.
    pub(super) fn problem(self, status: u16, slug: &str) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(self.body["type"], slug, "{}", self.text);
        assert_eq!(self.body["request_id"], self.headers["x-request-id"].to_str().unwrap());
        self.expect(status)
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(super) async fn with(config: Config) -> Self {
        Self::on("sqlite::memory:", config).await
    }

    /// On a database of its own.
    pub(super) async fn on(url: &str, config: Config) -> Self {
        let clock = Arc::new(ManualClock::at(BEGIN.parse().unwrap()));
        let random = Arc::new(SeededRandom::new(1));
        let options = store::Options::new(url);
        let store = Store::open(options, clock.clone(), random.clone()).await.unwrap();
        let secret = |letter: &str| Secret::new(&letter.repeat(32)).unwrap();
        let secrets = Secrets { roles: vec![secret("r"), secret("o")], signing: vec![secret("s")] };
        let stopper = Stopper::new();
        let context = Context {
            region: domain::id::RegionName::default(),
            store: store.clone(),
            clock: clock.clone(),
            random,
            stop: stopper.stop(),
            readiness: Readiness::default(),
            registry: SharedRegistry::default(),
        };
        let api = Api::new(config, &secrets, context).unwrap();
        let router = router::router(api.clone());
        let term = store.lease().acquire(LEADER, "test", LEASE_MS).await.unwrap().unwrap();
        let world = Self { api, store, clock, stopper, roles: secrets.roles[0].clone(), router, term };
        world.add_key(PLATFORM, Scope::Platform, None).await;
        world.add_key(OPERATOR, Scope::Operator, None).await;
        world.add_key(SCHOOL_1, Scope::Platform, Some("school-1")).await;
        world
    }

    /// The same database as another process sees it.
    pub(super) async fn another_store(&self, url: &str) -> Store {
        let random = Arc::new(SeededRandom::new(2));
        Store::open(store::Options::new(url), self.clock.clone(), random).await.unwrap()
    }

    /// A world with the template `lab` published.
    pub(super) async fn with_lab() -> Self {
        let world = Self::new().await;
        world.publish("lab", &lab()).await.expect(201);
        world
    }

    async fn add_key(&self, text: &str, scope: Scope, tenant: Option<&str>) {
        let tenant = tenant.map(|tenant| tenant.parse().unwrap());
        let key = NewKey { id: text.into(), hash: hash_of(text), scope, tenant, name: text.into() };
        self.store.keys().create(key).await.unwrap();
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn reply(&self, request: Request<Body>) -> Reply {
        let response = self.send(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status, headers, body, text }
    }

    pub(super) async fn get(&self, key: &str, path: &str) -> Reply {
        self.reply(request("GET", path, key, Body::empty())).await
    }

    pub(super) async fn delete(&self, key: &str, path: &str) -> Reply {
        self.reply(request("DELETE", path, key, Body::empty())).await
    }

    pub(super) async fn post(&self, key: &str, path: &str, body: &Value) -> Reply {
        self.reply(request("POST", path, key, Body::from(body.to_string()))).await
    }

    pub(super) async fn put(&self, key: &str, path: &str, body: &Value) -> Reply {
        self.reply(request("PUT", path, key, Body::from(body.to_string()))).await
    }

    /// As another role of the region.
    pub(super) async fn role_get(&self, path: &str) -> Reply {
        self.get(&self.roles.role_token(), path).await
    }

    pub(super) async fn role_post(&self, path: &str, body: &Value) -> Reply {
        self.post(&self.roles.role_token(), path, body).await
    }

    pub(super) async fn publish(&self, name: &str, template: &Value) -> Reply {
        self.post(PLATFORM, &format!("/v1/templates/{name}/versions"), template).await
    }

    /// Creates a sandbox of `lab`, or finds it; its id.
    pub(super) async fn create(&self, name: &str, tenant: &str) -> String {
        let created = self.post(PLATFORM, "/v1/sandboxes", &asked(name, tenant)).await;
        assert!(created.status.is_success(), "{}", created.text);
        created.body["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn sandbox(&self, id: &str) -> Sandbox {
        self.store.sandboxes().get(&id.parse().unwrap()).await.unwrap()
    }

    /// Moves a sandbox through these phases, as the jobrunner would.
    pub(super) async fn moves(&self, id: &str, phases: &[Phase]) {
        for phase in phases {
            self.record(id, |status| status.phase = *phase).await;
        }
    }

    /// Makes a sandbox ready, its machine's agent at `address`.
    pub(super) async fn ready(&self, id: &str, address: &str) {
        self.moves(id, &[Phase::Provisioning, Phase::Starting]).await;
        let now = self.clock.now();
        let home_generation = self.sandbox(id).await.intent.home_generation;
        self.record(id, |status| {
            status.phase = Phase::Ready;
            status.ready_at = Some(now);
            for machine in &mut status.machines {
                machine.incarnation += 1;
                machine.home_generation = home_generation;
                machine.retired = false;
                machine.address = Some(Address(address.to_owned()));
            }
        })
        .await;
    }

    pub(super) async fn record(&self, id: &str, change: impl FnOnce(&mut Status)) {
        let sandbox = self.sandbox(id).await;
        let mut status = sandbox.status.clone();
        status.observed_generation = sandbox.intent.generation;
        change(&mut status);
        let (id, expect) = (&sandbox.intent.id, Expect::of(&sandbox));
        self.store.status().record(self.term, id, expect, &status, &["phase"]).await.unwrap();
    }

    pub(super) async fn capacity(&self, capacity: domain::provider::Capacity) {
        self.store.region().record_capacity(self.term, capacity).await.unwrap();
        self.api.region_state.forget();
    }

    pub(super) fn later(&self, seconds: u64) -> Timestamp {
        self.clock.now() + Duration::from_secs(seconds)
    }
}

/// A request with a key and a JSON body.
pub(super) fn request(method: &str, path: &str, key: &str, body: Body) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path).header("content-type", "application/json");
    builder.header("authorization", format!("Bearer {key}")).body(body).unwrap()
}

pub(super) fn lab() -> Value {
    json!({"machines":[{"name":"main","runs":{"process":{"command":["sh"]}},
        "resources":{"cpu_millis":1000,"memory_mib":256},"home":{"path":"/home/student","size_mib":64},
        "apps":[{"name":"terminal","kind":"terminal"},{"name":"lab","kind":"http","port":8888,"path":"/lab"},
                {"name":"dev","kind":"http","ports":[3000,3010]},{"name":"database","kind":"tcp","port":5432}]}]})
}

/// A create's body.
pub(super) fn asked(name: &str, tenant: &str) -> Value {
    json!({"ref":name,"template":"lab","tenant":tenant,"owner":"u-1","class_id":"c42","labels":{"term":"2026a"}})
}
