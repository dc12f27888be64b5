//! The route feed: what a proxy folds from deltas is always the whole table.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::phase::Phase;
use domain::route::Route;
use domain::token::{AgentClaims, Verb, Verifier};
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};
use serde_json::{Value, json};

use super::world::{PLATFORM, World};

/// What a proxy holds.
#[derive(Debug, Default)]
struct Mirror {
    position: Option<String>,
    routes: BTreeMap<String, Value>,
}

impl Mirror {
    async fn pull(&mut self, world: &World) {
        let after = self.position.as_ref().map(|position| format!("?after={position}")).unwrap_or_default();
        let feed = world.role_get(&format!("/internal/routes{after}")).await.expect(200);
        if feed["full"] == true {
            self.routes.clear();
        }
        for route in feed["routes"].as_array().unwrap() {
            serde_json::from_value::<Route>(route.clone()).unwrap();
            self.routes.insert(route["sandbox"].as_str().unwrap().to_owned(), route.clone());
        }
        for gone in feed["gone"].as_array().unwrap() {
            self.routes.remove(gone.as_str().unwrap());
        }
        self.position = Some(feed["position"].as_str().unwrap().to_owned());
    }
}

/// One thing that happens to one of a few sandboxes.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Create(u8),
    Command(u8, &'static str),
    Advance(u8),
    Delete(u8),
    Pull,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        3 => (0..4_u8).prop_map(Happens::Create),
        2 => (0..4_u8, prop_oneof![Just("stop"), Just("start"), Just("reset")])
            .prop_map(|(n, command)| Happens::Command(n, command)),
        4 => (0..4_u8).prop_map(Happens::Advance),
        1 => (0..4_u8).prop_map(Happens::Delete),
        2 => Just(Happens::Pull),
    ]
}

/// The next phase on the way to what is wanted.
fn next_phase(sandbox: &domain::sandbox::Sandbox) -> Option<Phase> {
    use domain::phase::Wanted;
    let phase = sandbox.status.phase;
    Some(match (sandbox.intent.wanted, phase) {
        (_, Phase::Deleted) => return None,
        (_, Phase::Deleting) => Phase::Deleted,
        (Wanted::Deleted, _) => Phase::Deleting,
        (Wanted::Stopped, Phase::Queued | Phase::Stopping) => Phase::Stopped,
        (Wanted::Stopped, Phase::Stopped) => return None,
        (Wanted::Stopped, _) => Phase::Stopping,
        (Wanted::Running, Phase::Queued) => Phase::Provisioning,
        (Wanted::Running, Phase::Provisioning) => Phase::Starting,
        (Wanted::Running, Phase::Starting) => Phase::Ready,
        (Wanted::Running, Phase::Ready) => Phase::Starting,
        (Wanted::Running, Phase::Stopping) => Phase::Stopped,
        (Wanted::Running, Phase::Stopped | Phase::Failed) => Phase::Queued,
    })
}

async fn happen(world: &World, ids: &mut BTreeMap<u8, String>, what: Happens) {
    match what {
        Happens::Create(n) => drop(ids.insert(n, world.create(&format!("s{n}"), "school-1").await)),
        Happens::Command(n, command) => {
            let Some(id) = ids.get(&n) else { return };
            world.post(PLATFORM, &format!("/v1/sandboxes/{id}/{command}"), &json!({})).await.expect(202);
        }
        Happens::Advance(n) => {
            let Some(id) = ids.get(&n) else { return };
            if let Some(phase) = next_phase(&world.sandbox(id).await) {
                world.moves(id, &[phase]).await;
            }
        }
        Happens::Delete(n) => {
            let Some(id) = ids.remove(&n) else { return };
            world.delete(PLATFORM, &format!("/v1/sandboxes/{id}")).await.expect(202);
            world.moves(&id, &[Phase::Deleting, Phase::Deleted]).await;
        }
        Happens::Pull => {}
    }
}

async fn check(steps: Vec<Happens>) {
    let world = World::with_lab().await;
    let (mut mirror, mut ids) = (Mirror::default(), BTreeMap::new());
    mirror.pull(&world).await;
    for step in steps {
        happen(&world, &mut ids, step).await;
        if matches!(step, Happens::Pull) {
            mirror.pull(&world).await;
        }
    }
    mirror.pull(&world).await;
    let mut whole = Mirror::default();
    whole.pull(&world).await;
    assert_eq!(mirror.routes, whole.routes);
    let live = world.store.sandboxes().live().await.unwrap();
    assert_eq!(whole.routes.len(), live.len(), "every sandbox that is not deleted is named");
    for sandbox in live {
        let route = &whole.routes[sandbox.intent.id.as_str()];
        assert_eq!(route["phase"], sandbox.status.phase.as_str());
    }
}

#[test]
fn deltas_add_up_to_the_whole_table() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Cases { cases: 48, failure_persistence: None, ..Cases::default() });
    runner
        .run(&prop::collection::vec(happens(), 1..25), |steps| {
            runtime.block_on(check(steps));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_ready_sandbox_has_a_target_with_a_token_for_it_alone() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    let queued = world.role_get(&format!("/internal/routes/{id}")).await.expect(200);
    assert_eq!(queued["targets"], json!({}));
    world.ready(&id, "unix:/run/agent.sock").await;
    let route = world.role_get(&format!("/internal/routes/{id}")).await.expect(200);
    let target = &route["targets"]["main"];
    assert_eq!((&target["address"], &target["incarnation"]), (&json!("unix:/run/agent.sock"), &json!(1)));
    let feed = world.role_get("/internal/routes").await.expect(200);
    let key = |name: &str| feed["keys"][0][name].as_str().unwrap().to_owned();
    let verifier = Verifier::new([(&key("kid"), &key("public"))]);
    let claims: AgentClaims = verifier.verify(target["token"].as_str().unwrap(), world.later(0)).unwrap();
    assert_eq!((claims.sbx.as_str(), claims.mch.as_str(), claims.inc), (id.as_str(), "main", 1));
    assert_eq!(claims.vrb, [Verb::Connect, Verb::Terminal, Verb::Files]);
    world.post(PLATFORM, &format!("/v1/sandboxes/{id}/stop"), &json!({})).await.expect(202);
    let route = world.role_get(&format!("/internal/routes/{id}")).await.expect(200);
    assert_eq!(route["targets"], json!({}), "one that is about to stop takes nobody in");
    world.role_get("/internal/routes/bj-aaaaaaaaaaaaaaaa").await.problem(404, "sandbox_not_found");
}

#[tokio::test]
async fn a_foreign_position_gets_everything() {
    let world = World::with_lab().await;
    world.create("s1", "school-1").await;
    for after in ["E0-foreign.7", "nonsense", &format!("{}.999", world.store.epoch().0)] {
        let feed = world.role_get(&format!("/internal/routes?after={after}")).await.expect(200);
        assert_eq!((&feed["full"], feed["routes"].as_array().unwrap().len()), (&json!(true), 1));
    }
}

#[tokio::test]
async fn a_new_epoch_begins_the_table_anew() {
    let world = World::with_lab().await;
    let mut mirror = Mirror::default();
    world.create("s1", "school-1").await;
    mirror.pull(&world).await;
    world.store.region().mint_epoch().await.unwrap();
    world.create("s2", "school-1").await;
    let before = mirror.position.clone();
    mirror.pull(&world).await;
    assert_eq!(mirror.routes.len(), 2);
    assert_ne!(before, mirror.position);
}

#[tokio::test]
async fn a_long_poll_answers_when_something_changes_and_at_a_soft_stop() {
    let world = World::with_lab().await;
    let (stopper, api) = (world.stopper.clone(), world.api.clone());
    let follow = async move { api.routes.run(&api.stop, &api.readiness).await.unwrap() };
    let body = async {
        let feed = world.role_get("/internal/routes").await.expect(200);
        let path = format!("/internal/routes?wait_s=25&after={}", feed["position"].as_str().unwrap());
        let (changed, _) = tokio::join!(world.role_get(&path), async {
            tokio::task::yield_now().await;
            world.create("s1", "school-1").await
        });
        let changed = changed.expect(200);
        assert_eq!((&changed["full"], changed["routes"].as_array().unwrap().len()), (&json!(false), 1));
        let path = format!("/internal/routes?wait_s=25&after={}", changed["position"].as_str().unwrap());
        let (unchanged, ()) = tokio::join!(world.role_get(&path), async {
            tokio::task::yield_now().await;
            stopper.soft();
        });
        assert_eq!(unchanged.expect(200)["routes"], json!([]));
    };
    let both = async { tokio::join!(follow, body) };
    tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
}
