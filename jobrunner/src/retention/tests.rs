use std::sync::Arc;
use std::time::Duration;

use domain::id::{AppName, RegionName, SandboxId};
use domain::phase::Phase;
use domain::random::SeededRandom;
use domain::sandbox::{Status, TemplateRef};
use domain::secret::Secret;
use domain::template::version_of;
use domain::time::{Clock as _, ManualClock, Timestamp};
use runtime::{Next, Tick as _};
use serde_json::json;
use store::{Error, Expect, NewSandbox, Store, Ticket, TicketError};

use super::{LOG_ENTRIES_PER_TICK, LOG_KEPT_DAYS, Retention, SECONDS_PER_DAY, TICKETS_KEPT_S};
use crate::{Config, Context, Providers, Role};

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

struct World {
    ctx: Arc<Context>,
    clock: Arc<ManualClock>,
    store: Store,
}

impl World {
    async fn new() -> Self {
        let (clock, random) = (Arc::new(ManualClock::at(NOW)), Arc::new(SeededRandom::new(1)));
        let store = store::testing::memory(clock.clone(), random.clone()).await.unwrap();
        let role = Role {
            region: RegionName::default(),
            config: Config::default(),
            store: store.clone(),
            providers: Providers::new([]),
            signing: vec![Secret::new(&"s".repeat(32)).unwrap()],
            clock: clock.clone(),
            random,
        };
        Self { ctx: role.context(), clock, store }
    }

    async fn lead(&self) {
        self.ctx.leadership.tick(&self.store, &*self.clock).await.unwrap();
    }

    /// Time passes, and the lead is renewed.
    async fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.lead().await;
    }

    async fn tick(&self) -> Next {
        Retention::new(self.ctx.clone()).tick().await.unwrap()
    }

    /// A sandbox that is created and deleted.
    async fn deleted(&self) -> SandboxId {
        let body = json!({"machines":[{"name":"main","runs":{"process":{}},
            "resources":{"cpu_millis":100,"memory_mib":64}}]});
        let template = TemplateRef { name: "shell".parse().unwrap(), version: version_of(&body).unwrap() };
        self.store.templates().publish(&template.name, &template.version, &body).await.unwrap();
        let new = NewSandbox {
            r#ref: "s1".parse().unwrap(),
            tenant: "school".parse().unwrap(),
            owner: "u-1".parse().unwrap(),
            class_id: None,
            template,
            labels: [].into(),
            parameters: [].into(),
            sealed_secrets: None,
            expires_at: None,
            queue_until: None,
            request_digest: "sha256:1".to_owned(),
            region: RegionName::default(),
        };
        let id = self.store.intent().create(new).await.unwrap().sandbox.intent.id;
        self.store.intent().delete(&id, None).await.unwrap();
        let term = self.ctx.leadership.term(&*self.clock).unwrap();
        for phase in [Phase::Deleting, Phase::Deleted] {
            let sandbox = self.store.sandboxes().get(&id).await.unwrap();
            let status = Status { phase, phase_since: self.clock.now(), ..sandbox.status.clone() };
            let expect = Expect::of(&sandbox);
            self.store.status().record(term, &id, expect, &status, &["phase"]).await.unwrap();
        }
        id
    }

    async fn issue(&self, hash: &str) {
        let app: AppName = "terminal".parse().unwrap();
        let ticket = Ticket {
            sandbox: "local-aaaaaaaaaaaaaaaa".parse().unwrap(),
            app,
            user: "u-1".to_owned(),
            role: "student".to_owned(),
            access_epoch: 1,
            expires_at: self.clock.now().plus_s(60),
        };
        self.store.tickets().issue(hash, ticket).await.unwrap();
    }
}

#[tokio::test]
async fn what_can_still_be_asked_for_is_kept() {
    let world = World::new().await;
    world.lead().await;
    let id = world.deleted().await;
    let oldest = world.store.log().oldest().await.unwrap();
    world.later(LOG_KEPT_DAYS * SECONDS_PER_DAY - 1).await;
    world.issue("young").await;
    assert_eq!(world.tick().await, Next::Idle);
    assert_eq!(world.store.log().oldest().await.unwrap(), oldest);
    assert_eq!(world.store.sandboxes().get(&id).await.unwrap().status.phase, Phase::Deleted);
    world.store.tickets().redeem("young").await.unwrap();
    world.later(TICKETS_KEPT_S).await;
    world.tick().await;
    assert_eq!(world.store.tickets().redeem("young").await, Err(TicketError::Spent), "said, not forgotten");
}

#[tokio::test]
async fn what_is_old_is_forgotten() {
    let world = World::new().await;
    world.lead().await;
    let id = world.deleted().await;
    world.issue("old").await;
    world.later(LOG_KEPT_DAYS * SECONDS_PER_DAY + 1).await;
    world.store.region().cordon(None).await.unwrap();
    assert_eq!(world.tick().await, Next::Idle);
    let (oldest, head) = (world.store.log().oldest().await.unwrap(), world.store.log().head().await.unwrap());
    let left = world.store.log().after(&oldest, 9).await.unwrap();
    assert_eq!((oldest.number + 1, left.len()), (head.number, 1), "only what is young is left");
    assert_eq!(world.store.intent().delete(&id, None).await, Err(Error::NotFound));
    assert_eq!(world.store.tickets().redeem("old").await, Err(TicketError::Unknown));
}

#[tokio::test]
async fn a_backlog_goes_bit_by_bit() {
    let world = World::new().await;
    world.lead().await;
    for _ in 0..=LOG_ENTRIES_PER_TICK {
        world.store.region().cordon(None).await.unwrap();
    }
    while world.store.log().sequence(1_000).await.unwrap() > 0 {}
    world.later(LOG_KEPT_DAYS * SECONDS_PER_DAY + 1).await;
    assert!(matches!(world.tick().await, Next::After(_)));
    assert_eq!(world.store.log().oldest().await.unwrap().number, LOG_ENTRIES_PER_TICK);
    assert_eq!(world.tick().await, Next::Idle);
    assert_eq!(world.store.log().oldest().await.unwrap().number, LOG_ENTRIES_PER_TICK + 1);
}

#[tokio::test]
async fn who_does_not_lead_forgets_nothing() {
    let world = World::new().await;
    world.issue("old").await;
    world.clock.advance(Duration::from_secs(TICKETS_KEPT_S + 61));
    assert_eq!(world.tick().await, Next::Idle);
    assert_eq!(world.store.tickets().redeem("old").await, Err(TicketError::Expired));
}
