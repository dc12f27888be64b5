//! Wake, extend, activity, queue: what a proxy asks for its visitors.

use domain::phase::Phase;
use domain::provider::Capacity;
use domain::resources::Resources;
use serde_json::{Value, json};

use super::world::{PLATFORM, World};

fn visit(id: &str) -> Value {
    json!({"sandbox":id,"user":"u-1","role":"student"})
}

#[tokio::test]
async fn a_visit_wakes_what_may_be_woken() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    world.role_post("/internal/wake", &visit(&id)).await.expect(202);
    assert_eq!(world.sandbox(&id).await.intent.generation, 1, "what runs already is left alone");
    let stop = format!("/v1/sandboxes/{id}/stop");
    world.post(PLATFORM, &stop, &json!({})).await.expect(202);
    world.moves(&id, &[Phase::Stopped]).await;
    world.role_post("/internal/wake", &visit(&id)).await.problem(409, "not_wakeable");
    world.post(PLATFORM, &stop, &json!({"wake":true})).await.expect(202);
    let click = visit(&id);
    let (one, two) =
        tokio::join!(world.role_post("/internal/wake", &click), world.role_post("/internal/wake", &click));
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (202, 202), "two tabs at once");
    assert_eq!(world.sandbox(&id).await.intent.wanted.as_str(), "running");
    world.role_post("/internal/wake", &visit("bj-aaaaaaaaaaaaaaaa")).await.problem(404, "sandbox_not_found");
    world.role_post("/internal/wake", &json!({})).await.problem(422, "invalid_request");
}

#[tokio::test]
async fn keep_working_never_shortens_and_meets_the_cap() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    let before = world.sandbox(&id).await.intent.expires_at;
    let granted = world.role_post("/internal/extend", &visit(&id)).await.expect(200);
    assert_eq!(granted["expires_at"], json!(before));
    world.clock.advance(std::time::Duration::from_secs(4 * 3600 - 60));
    let granted = world.role_post("/internal/extend", &visit(&id)).await.expect(200);
    assert_eq!(granted["expires_at"], json!(world.later(3600)));
    world.clock.advance(std::time::Duration::from_secs(3 * 3600 + 1800));
    let granted = world.role_post("/internal/extend", &visit(&id)).await.expect(200);
    assert_eq!(granted["limited_by"], "max_lifetime");
}

#[tokio::test]
async fn activity_ends_idleness() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    world.ready(&id, "unix:/nowhere").await;
    let report = |from: u64, to: u64, active: Value| {
        let (from, to) = (world.later(from), world.later(to));
        json!({"reporter":"proxy-1","from":from,"to":to,"active":active,"connected":[id]})
    };
    let spans = [report(0, 10, json!([])), report(10, 20, json!([]))];
    let active = report(20, 30, json!([{"sandbox":id,"at":world.later(29)}]));
    for span in &spans {
        world.clock.advance(std::time::Duration::from_secs(10));
        world.role_post("/internal/activity", span).await.expect(204);
    }
    let sandbox = id.parse().unwrap();
    assert!(world.store.activity().idle_ms(&sandbox).await.unwrap() > 0);
    world.clock.advance(std::time::Duration::from_secs(10));
    world.role_post("/internal/activity", &active).await.expect(204);
    assert_eq!(world.store.activity().idle_ms(&sandbox).await.unwrap(), 0);
    let backwards = json!({"reporter":"p","from":world.later(2),"to":world.later(1)});
    world.role_post("/internal/activity", &backwards).await.problem(422, "invalid_request");
}

#[tokio::test]
async fn a_place_is_told_while_it_waits() {
    let world = World::with_lab().await;
    let (first, second) = (world.create("s1", "school-1").await, world.create("s2", "school-1").await);
    let place = world.role_get(&format!("/internal/queue/{second}")).await.expect(200);
    assert_eq!(place, json!({"place":2,"estimate_s":null}));
    world.moves(&first, &[Phase::Provisioning]).await;
    assert_eq!(world.role_get(&format!("/internal/queue/{first}")).await.expect(200), Value::Null);
}

#[tokio::test]
async fn the_estimate_knows_the_room() {
    for (used, expected) in [(0, json!([0, 5])), (4000, Value::Null)] {
        let world = World::with_lab().await;
        let all = Resources { cpu_millis: 4000, memory_mib: 8192, disk_mib: 8192, gpus: 0 };
        let used = Resources { cpu_millis: used, ..Resources::default() };
        world.capacity(Capacity::of_one_node(world.later(0), all, used)).await;
        let id = world.create("s1", "school-1").await;
        let place = world.role_get(&format!("/internal/queue/{id}")).await.expect(200);
        assert_eq!(place, json!({"place":1,"estimate_s":expected}));
    }
}
