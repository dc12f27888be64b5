//! Capacity, capabilities, cordon.

use domain::provider::Capacity;
use domain::resources::Resources;
use serde_json::{Value, json};

use super::world::{OPERATOR, PLATFORM, World, asked};

#[tokio::test]
async fn capacity_is_what_the_jobrunner_saw() {
    let world = World::with_lab().await;
    let empty = world.get(PLATFORM, "/v1/capacity").await.expect(200);
    assert_eq!((&empty["total"], &empty["cordoned"]), (&Value::Null, &Value::Null));
    let total = Resources { cpu_millis: 4000, memory_mib: 8192, disk_mib: 8192, gpus: 0 };
    let used = Resources { cpu_millis: 1000, ..Resources::default() };
    world.capacity(Capacity::of_one_node(world.later(0), total, used)).await;
    world.create("s1", "school-1").await;
    let seen = world.get(PLATFORM, "/v1/capacity").await.expect(200);
    assert_eq!((&seen["total"]["cpu_millis"], &seen["queued"]), (&json!(4000), &json!(1)));
    let node = &seen["nodes"][0];
    assert_eq!((&node["count"], &node["free"]["cpu_millis"]), (&json!(1), &json!(3000)));
    assert_eq!(seen["coming"], json!([]));
}

#[tokio::test]
async fn a_cordoned_region_takes_nothing_new_and_forgets_nothing() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    world.post(OPERATOR, "/v1/region/cordon", &json!({"reason":" "})).await.problem(422, "invalid_request");
    world.post(OPERATOR, "/v1/region/cordon", &json!({"reason":"moving house"})).await.expect(200);
    let refused = world.post(PLATFORM, "/v1/sandboxes", &asked("s2", "school-1")).await;
    assert_eq!(refused.headers["retry-after"], "60");
    assert_eq!(refused.problem(503, "region_cordoned")["detail"], "moving house");
    let again = world.post(PLATFORM, "/v1/sandboxes", &asked("s1", "school-1")).await.expect(202);
    assert_eq!(again["id"], id, "a repeated request gets its sandbox");
    let batch = json!({"items":[asked("s1", "school-1"), asked("s2", "school-1")]});
    let made = world.post(PLATFORM, "/v1/sandboxes:batchCreate", &batch).await.expect(200);
    assert_eq!(made["items"][0]["sandbox"]["id"], id);
    assert_eq!(made["items"][1]["problem"]["type"], "region_cordoned");
    assert_eq!(world.get(PLATFORM, "/v1/capacity").await.expect(200)["cordoned"], "moving house");
    world.post(OPERATOR, "/v1/region/uncordon", &json!({})).await.expect(200);
    world.create("s2", "school-1").await;
    let events = world.get(PLATFORM, "/v1/events").await.expect(200);
    let kinds = events["items"].as_array().unwrap().iter().filter(|event| event["type"] == "region.changed");
    assert_eq!(kinds.count(), 2);
}

#[tokio::test]
async fn capabilities_say_what_can_be_counted_on() {
    let world = World::new().await;
    let seen = world.get(PLATFORM, "/v1/capabilities").await.expect(200);
    assert_eq!((&seen["region"], &seen["runs"]), (&json!("local"), &json!(["process"])));
    assert_eq!(seen["limits"]["bulk_items"], 500);
}
