//! What every scenario starts with: a new database, a clock that stands still, and a published template.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::{RegionName, SandboxId, TemplateName, TenantId};
use domain::phase::Phase;
use domain::random::OsRandom;
use domain::sandbox::{Sandbox, Status, TemplateRef};
use domain::template::version_of;
use domain::time::{ManualClock, Timestamp};
use serde_json::{Value, json};

use crate::{Expect, LEADER, NewSandbox, Options, Store, Term};

/// Where scenarios begin.
pub(super) const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const LEASE_TTL_MS: u64 = 10_000;

pub(super) struct Bench {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    pub(super) template: TemplateRef,
    pub(super) url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Bench {
    pub(super) async fn memory() -> Self {
        Self::open("sqlite::memory:".to_owned(), None).await
    }

    pub(super) async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        Self::open(url, Some(folder)).await
    }

    pub(super) async fn postgres() -> Self {
        let server = crate::testing::postgres().unwrap_or_else(|error| panic!("{error}"));
        Self::open(server.database().unwrap(), None).await
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let store = open(&url, &clock).await;
        let template = publish(&store, "lab", &body(1000, 1024)).await;
        Self { store, clock, template, url, _folder: folder }
    }

    /// The same database as another process sees it; in memory there is only one.
    pub(super) async fn another(&self) -> Store {
        if self.is_memory() { self.store.clone() } else { open(&self.url, &self.clock).await }
    }

    pub(super) fn is_memory(&self) -> bool {
        self.url == "sqlite::memory:"
    }

    pub(super) fn request(&self, tenant: &str, r#ref: &str) -> NewSandbox {
        NewSandbox {
            r#ref: r#ref.parse().unwrap(),
            tenant: tenant.parse().unwrap(),
            owner: "u-7".parse().unwrap(),
            class_id: Some("c42".parse().unwrap()),
            template: self.template.clone(),
            labels: BTreeMap::from([("term".parse().unwrap(), "2026a".parse().unwrap())]),
            parameters: BTreeMap::from([("lesson".to_owned(), json!("3\u{0}"))]),
            sealed_secrets: Some(vec![0, 1, 255]),
            expires_at: None,
            queue_until: None,
            request_digest: "sha256:1".to_owned(),
            region: region(),
        }
    }

    /// A new sandbox of a tenant.
    pub(super) async fn create(&self, tenant: &str, r#ref: &str) -> Sandbox {
        self.store.intent().create(self.request(tenant, r#ref)).await.unwrap().sandbox
    }

    /// Takes the leader's lease.
    pub(super) async fn lead(&self) -> Term {
        self.store.lease().acquire(LEADER, "a", LEASE_TTL_MS).await.unwrap().unwrap()
    }

    /// Records phases one after another.
    pub(super) async fn walk(&self, term: Term, id: &SandboxId, phases: &[Phase]) -> Sandbox {
        let mut sandbox = self.store.sandboxes().get(id).await.unwrap();
        for phase in phases {
            let status = Status {
                phase: *phase,
                observed_generation: sandbox.intent.generation,
                phase_since: domain::time::Clock::now(self.clock.as_ref()),
                ..sandbox.status.clone()
            };
            let recorded =
                self.store.status().record(term, id, Expect::of(&sandbox), &status, &["phase"]).await;
            sandbox = recorded.unwrap();
        }
        sandbox
    }

    /// What the tenant's row says it uses, after comparing it with the sum over its sandboxes.
    pub(super) async fn usage(&self, tenant: &str) -> domain::quota::Usage {
        let tenant: TenantId = tenant.parse().unwrap();
        let mut sum = domain::quota::Usage::default();
        for sandbox in self.store.sandboxes().live().await.unwrap() {
            let version = &sandbox.intent.template;
            let stored = self.store.templates().get(&version.name, Some(&version.version)).await.unwrap();
            if sandbox.intent.tenant == tenant {
                sum = crate::usage::plus(sum, crate::usage::usage_of(&sandbox, &stored.template));
            }
        }
        let stored = self.store.tenants().get(&tenant).await.unwrap().usage;
        assert_eq!(stored, sum, "the running sums are exact");
        stored
    }
}

pub(super) async fn open(url: &str, clock: &Arc<ManualClock>) -> Store {
    Store::open(Options::new(url), clock.clone(), Arc::new(OsRandom)).await.unwrap()
}

pub(super) fn region() -> RegionName {
    "bj".parse().unwrap()
}

pub(super) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// A template of two machines.
pub(super) fn body(cpu_millis: u64, home_mib: u64) -> Value {
    json!({
        "machines": [
            {"name": "main", "runs": {"process": {"command": []}},
             "resources": {"cpu_millis": cpu_millis, "memory_mib": 512},
             "home": {"path": "/home/student", "size_mib": home_mib},
             "apps": [{"name": "terminal", "kind": "terminal"}]},
            {"name": "db", "runs": {"process": {"command": ["/bin/db"]}},
             "resources": {"cpu_millis": 500, "memory_mib": 256}},
        ],
        "policy": {"lifetime_s": 3600, "max_lifetime_s": 7200},
    })
}

pub(super) async fn publish(store: &Store, name: &str, body: &Value) -> TemplateRef {
    let name: TemplateName = name.parse().unwrap();
    let version = version_of(body).unwrap();
    store.templates().publish(&name, &version, body).await.unwrap();
    TemplateRef { name, version }
}
