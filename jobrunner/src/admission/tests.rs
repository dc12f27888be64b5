use std::sync::Arc;
use std::time::Duration;

use domain::id::{RegionName, SandboxId};
use domain::provider::fake::{Call, Cloud, Fake, Fault};
use domain::provider::{Error as ProviderError, Kind, Provider, Resource};
use domain::random::SeededRandom;
use domain::resources::Resources;
use domain::sandbox::TemplateRef;
use domain::secret::Secret;
use domain::template::version_of;
use domain::time::{ManualClock, Timestamp};
use runtime::Tick as _;
use serde_json::json;
use store::{NewSandbox, Store};

use super::Admission;
use crate::{Config, Context, Providers, Reconciler, Role};

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

/// A region whose sandboxes have one CPU each.
struct World {
    ctx: Arc<Context>,
    clock: Arc<ManualClock>,
    store: Store,
    cloud: Arc<Cloud>,
    admission: Admission,
    reconciler: Reconciler,
}

impl World {
    async fn with_cpus(cpus: u64) -> Self {
        let (clock, random) = (Arc::new(ManualClock::at(NOW)), Arc::new(SeededRandom::new(1)));
        let store = store::testing::memory(clock.clone(), random.clone()).await.unwrap();
        let cloud = Cloud::new(clock.clone());
        let provider: Arc<dyn Provider> = Arc::new(Fake::new(cloud.clone(), RegionName::default()));
        let role = Role {
            region: RegionName::default(),
            config: Config::default(),
            store: store.clone(),
            providers: Providers::new([provider]),
            signing: vec![Secret::new(&"s".repeat(32)).unwrap()],
            clock: clock.clone(),
            random,
        };
        let ctx = role.context();
        let (admission, reconciler) = (Admission::new(ctx.clone()), Reconciler::new(ctx.clone()));
        let world = Self { ctx, clock, store, cloud, admission, reconciler };
        world.set_cpus(cpus);
        world
    }

    fn set_cpus(&self, cpus: u64) {
        let cpu_millis = cpus * 1000;
        self.cloud.set_total(Resources { cpu_millis, memory_mib: 10_000, disk_mib: 10_000, gpus: 0 });
    }

    /// Sandboxes that enter the queue one after another.
    async fn create(&self, count: usize) -> Vec<SandboxId> {
        let body = json!({"machines":[{"name":"main","runs":{"process":{}},"start_deadline_s":3600,
            "resources":{"cpu_millis":1000,"memory_mib":64}}]});
        let template = TemplateRef { name: "shell".parse().unwrap(), version: version_of(&body).unwrap() };
        self.store.templates().publish(&template.name, &template.version, &body).await.unwrap();
        let mut ids = Vec::new();
        for n in 0..count {
            let new = NewSandbox {
                r#ref: format!("s{n}").parse().unwrap(),
                tenant: "school".parse().unwrap(),
                owner: "u-1".parse().unwrap(),
                class_id: None,
                template: template.clone(),
                labels: [].into(),
                parameters: [].into(),
                sealed_secrets: None,
                expires_at: None,
                queue_until: None,
                request_digest: format!("sha256:{n}"),
                region: RegionName::default(),
            };
            ids.push(self.store.intent().create(new).await.unwrap().sandbox.intent.id);
            self.clock.advance(Duration::from_millis(1));
        }
        ids
    }

    /// The next calls are refused although there seems to be room, as under a quota.
    fn refuse(&self, calls: usize) {
        for _ in 0..calls {
            self.cloud.script(Call::Ensure, Fault::Before(ProviderError::NoCapacity { detail: None }));
        }
    }

    /// One tick of admission, and what follows from it.
    async fn round(&self) {
        self.ctx.leadership.tick(&self.store, &*self.clock).await.unwrap();
        self.admission.tick().await.unwrap();
        loop {
            self.reconciler.tick().await.unwrap();
            if self.reconciler.driven().is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn pass(&self, seconds: usize) {
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            self.round().await;
        }
    }

    /// Whose machines exist, in the order in which they were made.
    fn made(&self) -> Vec<SandboxId> {
        let mut machines: Vec<Resource> = self.cloud.resources();
        machines.retain(|resource| resource.kind == Kind::Machine);
        machines.sort_by_key(|machine| machine.tags.creation_number);
        machines.into_iter().map(|machine| machine.tags.sandbox).collect()
    }
}

/// Those that are admitted together are made in any order.
fn sorted(mut ids: Vec<SandboxId>) -> Vec<SandboxId> {
    ids.sort();
    ids
}

#[tokio::test]
async fn what_finds_no_room_is_not_asked_for() {
    let world = World::with_cpus(2).await;
    let ids = world.create(4).await;
    world.pass(30).await;
    assert_eq!((sorted(world.made()), world.cloud.calls(Call::Ensure)), (sorted(ids[..2].to_vec()), 2));
    world.store.intent().delete(&ids[0], None).await.unwrap();
    world.pass(3).await;
    assert_eq!((sorted(world.made()), world.cloud.calls(Call::Ensure)), (sorted(ids[1..3].to_vec()), 3));
}

#[tokio::test]
async fn a_refusal_is_not_repeated_by_everybody() {
    let world = World::with_cpus(10).await;
    let ids = world.create(5).await;
    world.refuse(1000);
    world.pass(60).await;
    // All at once before it is known, then the first alone: after 1, 2, 4, 8 and then every 10 seconds.
    assert_eq!((world.made(), world.cloud.calls(Call::Ensure)), (vec![], 5 + 8));
    assert_eq!(world.store.sandboxes().admitted_since(NOW).await.unwrap(), 0, "they all wait");
    world.cloud.clear_script();
    world.pass(15).await;
    assert_eq!(world.made(), ids, "nobody was overtaken");
    assert_eq!(world.cloud.calls(Call::Ensure), 5 + 8 + 5);
}

#[tokio::test]
async fn room_that_becomes_free_ends_a_pause() {
    let world = World::with_cpus(4).await;
    let ids = world.create(2).await;
    world.refuse(1000);
    world.pass(20).await;
    world.cloud.clear_script();
    let asked = world.cloud.calls(Call::Ensure);
    world.pass(2).await;
    assert_eq!(
        world.cloud.calls(Call::Ensure),
        asked,
        "the first of the line pauses, and the second waits for it"
    );
    world.set_cpus(5);
    world.round().await;
    assert_eq!(world.made(), ids[..1]);
    world.round().await;
    assert_eq!(world.made(), ids);
}
