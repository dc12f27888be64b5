//! Templates and tenants.

use domain::provider::Capacity;
use domain::resources::Resources;
use serde_json::json;

use super::world::{OPERATOR, PLATFORM, SCHOOL_1, World, lab};

#[tokio::test]
async fn publishing_is_idempotent_and_content_names_the_version() {
    let world = World::new().await;
    let first = world.publish("lab", &lab()).await.expect(201);
    let again = world.publish("lab", &lab()).await.expect(200);
    assert_eq!(first, again);
    let mut changed = lab();
    changed["policy"] = json!({"lifetime_s":3600,"max_lifetime_s":7200});
    let second = world.publish("lab", &changed).await.expect(201);
    assert_ne!(first["version"], second["version"]);
    assert_eq!(world.get(PLATFORM, "/v1/templates/lab").await.expect(200)["version"], second["version"]);
    let versions = world.get(PLATFORM, "/v1/templates/lab/versions?limit=1").await.expect(200);
    assert_eq!(versions["items"][0]["version"], second["version"]);
    let next = versions["next"].as_str().unwrap();
    let rest = world.get(PLATFORM, &format!("/v1/templates/lab/versions?cursor={next}")).await.expect(200);
    assert_eq!(
        (&rest["items"][0]["version"], rest["items"].as_array().unwrap().len()),
        (&first["version"], 1)
    );
    let path = format!("/v1/templates/lab/versions/{}", first["version"].as_str().unwrap());
    assert_eq!(world.get(PLATFORM, &path).await.expect(200)["template"], lab());
    assert_eq!(world.get(PLATFORM, "/v1/templates").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn mistakes_are_named() {
    let world = World::new().await;
    let mut wrong = lab();
    wrong["machines"][0]["colour"] = json!("red");
    let problem = world.publish("lab", &wrong).await.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "machines[0].colour");
    let problem = world.publish("lab", &json!({"machines":[]})).await.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "machines");
    world.publish("lab", &json!([1])).await.problem(422, "invalid_request");
    world.publish("No", &lab()).await.problem(404, "template_not_found");
    world.get(PLATFORM, "/v1/templates/none").await.problem(404, "template_not_found");
    world.get(PLATFORM, "/v1/templates/lab/versions/sha256:1").await.problem(404, "template_not_found");
}

#[tokio::test]
async fn what_the_region_can_never_run_is_refused() {
    let world = World::new().await;
    let mut container = lab();
    container["machines"][0]["runs"] = json!({"container":{"image":"lab:1"}});
    let problem = world.publish("lab", &container).await.problem(422, "machine_kind_unavailable");
    assert_eq!(problem["errors"][0]["field"], "machines[0].runs.container");
    let largest = Resources { cpu_millis: 500, memory_mib: 4096, disk_mib: 4096, gpus: 0 };
    world.publish("lab", &lab()).await.expect(201);
    world.capacity(Capacity { largest, ..Capacity::default() }).await;
    let problem = world.publish("lab", &lab()).await.problem(422, "does_not_fit");
    assert_eq!(problem["errors"][0]["field"], "machines[0].resources.cpu_millis");
    assert_eq!(problem["errors"][0]["allowed"], "at most 500");
    let asked = super::world::asked("s1", "school-1");
    world.post(PLATFORM, "/v1/sandboxes", &asked).await.problem(422, "does_not_fit");
}

#[tokio::test]
async fn templates_are_the_regions_and_not_a_schools() {
    let world = World::new().await;
    world.post(SCHOOL_1, "/v1/templates/lab/versions", &lab()).await.problem(403, "forbidden");
    world.publish("lab", &lab()).await.expect(201);
    world.get(SCHOOL_1, "/v1/templates/lab").await.expect(200);
}

#[tokio::test]
async fn quotas_are_set_shown_and_kept() {
    let world = World::with_lab().await;
    let quota = json!({"quota":{"sandboxes":1}});
    let tenant = world.put(OPERATOR, "/v1/tenants/school-1", &quota).await.expect(200);
    assert_eq!((&tenant["quota"]["sandboxes"], &tenant["usage"]["sandboxes"]), (&json!(1), &json!(0)));
    world.create("s1", "school-1").await;
    let asked = super::world::asked("s2", "school-1");
    let problem = world.post(PLATFORM, "/v1/sandboxes", &asked).await.problem(403, "quota_exceeded");
    assert!(problem["detail"].as_str().unwrap().contains("sandboxes"));
    let usage = world.get(PLATFORM, "/v1/tenants/school-1").await.expect(200);
    assert_eq!(usage["usage"]["resources"]["cpu_millis"], 1000);
    world
        .put(OPERATOR, "/v1/tenants/school-1", &json!({"quota":{"cpus":1}}))
        .await
        .problem(422, "invalid_request");
}

#[tokio::test]
async fn a_school_sees_itself_only() {
    let world = World::new().await;
    for id in ["school-1", "school-2"] {
        world.put(PLATFORM, &format!("/v1/tenants/{id}"), &json!({})).await.expect(200);
    }
    world.get(SCHOOL_1, "/v1/tenants/school-2").await.problem(404, "tenant_not_found");
    world.get(PLATFORM, "/v1/tenants/school-3").await.problem(404, "tenant_not_found");
    world.put(SCHOOL_1, "/v1/tenants/school-1", &json!({})).await.problem(403, "forbidden");
    let own = world.get(SCHOOL_1, "/v1/tenants").await.expect(200);
    assert_eq!((own["items"].as_array().unwrap().len(), &own["items"][0]["id"]), (1, &json!("school-1")));
    assert_eq!(world.get(PLATFORM, "/v1/tenants").await.expect(200)["items"].as_array().unwrap().len(), 2);
}
