//! Kinds of place that templates name and operators set up.

use domain::provider::Capacity;
use domain::resources::Resources;
use domain::template::version_of;
use serde_json::{Value, json};

use super::world::{PLATFORM, World, asked, lab};
use crate::config::Config;

fn placed(name: &str) -> Value {
    let mut template = lab();
    template["machines"][0]["placement"] = json!(name);
    template
}

async fn region_with(placements: &[&str]) -> World {
    let placements = placements.iter().map(|name| name.parse().unwrap()).collect();
    World::with(Config { placements, ..Config::default() }).await
}

#[tokio::test]
async fn a_template_names_what_the_region_has() {
    let world = region_with(&["gpu", "fpga"]).await;
    let seen = world.get(PLATFORM, "/v1/capabilities").await.expect(200);
    assert_eq!(seen["placements"], json!(["gpu", "fpga"]));
    world.publish("lab", &placed("gpu")).await.expect(201);
    world.create("s1", "school-1").await;
    let problem = world.publish("lab", &placed("gpus")).await.problem(422, "placement_unavailable");
    let error = &problem["errors"][0];
    assert_eq!((&error["field"], &error["allowed"]), (&json!("machines[0].placement"), &json!("gpu, fpga")));
    assert!(error["message"].as_str().unwrap().contains("`gpus`"), "{error}");
    let problem = world.publish("lab", &placed("G P U")).await.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "machines[0].placement");
}

/// How large its nodes are is asked of the provider alone.
#[tokio::test]
async fn a_placement_has_other_nodes_than_the_rest() {
    let world = region_with(&["gpu"]).await;
    let largest = Resources { cpu_millis: 500, memory_mib: 4096, disk_mib: 4096, gpus: 0 };
    world.capacity(Capacity { largest, ..Capacity::default() }).await;
    world.publish("lab", &lab()).await.problem(422, "does_not_fit");
    world.publish("lab", &placed("gpu")).await.expect(201);
}

/// As on one computer: processes have nowhere else to go.
#[tokio::test]
async fn a_region_without_placements_takes_none() {
    let world = World::new().await;
    let seen = world.get(PLATFORM, "/v1/capabilities").await.expect(200);
    assert_eq!(seen["placements"], json!([]));
    let problem = world.publish("lab", &placed("gpu")).await.problem(422, "placement_unavailable");
    let error = &problem["errors"][0];
    assert_eq!(
        (&error["field"], &error["allowed"]),
        (&json!("machines[0].placement"), &json!("no placement"))
    );
}

/// Operators may take a placement away after templates were published.
#[tokio::test]
async fn what_is_published_is_asked_about_again() {
    let world = World::with_lab().await;
    let id = world.create("s0", "school-1").await;
    let template = placed("gpu");
    let (name, version) = ("lab".parse().unwrap(), version_of(&template).unwrap());
    world.store.templates().publish(&name, &version, &template).await.unwrap();
    let problem = world.post(PLATFORM, "/v1/sandboxes", &asked("s1", "school-1")).await;
    let problem = problem.problem(422, "placement_unavailable");
    assert_eq!(problem["errors"][0]["field"], "machines[0].placement");
    let batch = json!({"items":[asked("s1", "school-1")]});
    let made = world.post(PLATFORM, "/v1/sandboxes:batchCreate", &batch).await.expect(200);
    assert_eq!(made["items"][0]["problem"]["type"], "placement_unavailable");
    let reset = json!({"template":"lab"});
    let path = format!("/v1/sandboxes/{id}/reset");
    world.post(PLATFORM, &path, &reset).await.problem(422, "placement_unavailable");
}
