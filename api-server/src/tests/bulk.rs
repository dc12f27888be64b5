//! The bulk forms: a result for each item, whatever becomes of the others.

use serde_json::{Value, json};

use super::world::{PLATFORM, SCHOOL_1, World, asked};

fn items(body: &Value) -> Vec<Value> {
    body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_class_is_one_call() {
    let world = World::with_lab().await;
    world.create("taken", "school-1").await;
    let mut batch: Vec<Value> = (0..60).map(|n| asked(&format!("s{n}"), "school-1")).collect();
    batch.insert(10, json!({"ref":"bad"}));
    let mut other = asked("taken", "school-1");
    other["owner"] = json!("u-9");
    batch.insert(20, other);
    let made = world.post(PLATFORM, "/v1/sandboxes:batchCreate", &json!({"items":batch})).await.expect(200);
    let made = items(&made);
    assert_eq!(made.len(), 62);
    assert_eq!(made[10]["problem"]["type"], "invalid_request");
    assert_eq!(made[20]["problem"]["type"], "ref_taken");
    assert_eq!(made[61]["sandbox"]["ref"], "s59");
    assert_eq!(made[61]["sandbox"]["queue"]["place"], 61);
    let again = world.post(PLATFORM, "/v1/sandboxes:batchCreate", &json!({"items":batch})).await.expect(200);
    assert_eq!(
        items(&again)[61]["sandbox"]["id"],
        made[61]["sandbox"]["id"],
        "repeating it makes nothing new"
    );
    for bad in [json!({"items":[]}), json!({}), json!({"items":vec![json!({}); 501]})] {
        world.post(PLATFORM, "/v1/sandboxes:batchCreate", &bad).await.problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn a_quota_cuts_a_batch_where_it_ends() {
    let world = World::with_lab().await;
    world.put(PLATFORM, "/v1/tenants/school-1", &json!({"quota":{"sandboxes":2}})).await.expect(200);
    let batch: Vec<Value> = (0..3).map(|n| asked(&format!("s{n}"), "school-1")).collect();
    let made = world.post(PLATFORM, "/v1/sandboxes:batchCreate", &json!({"items":batch})).await.expect(200);
    let refused = items(&made).iter().filter(|item| item["problem"]["type"] == "quota_exceeded").count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn selectors_hit_what_they_say_and_no_other_school() {
    let world = World::with_lab().await;
    let ids = [world.create("s1", "school-1").await, world.create("s2", "school-2").await];
    let select = json!({"select":{"class_id":"c42"}});
    let stopped = items(&world.post(SCHOOL_1, "/v1/sandboxes:stop", &select).await.expect(200));
    assert_eq!((stopped.len(), &stopped[0]["sandbox"]["wanted"]), (1, &json!("stopped")));
    let select = json!({"select":{"ids":ids}});
    let started = items(&world.post(SCHOOL_1, "/v1/sandboxes:start", &select).await.expect(200));
    assert_eq!(started[0]["sandbox"]["wanted"], "running");
    assert_eq!(
        (&started[1]["id"], &started[1]["problem"]["type"]),
        (&json!(ids[1]), &json!("sandbox_not_found"))
    );
    let select = json!({"select":{"labels":{"term":"2026a"},"tenant":"school-2"}});
    world.post(SCHOOL_1, "/v1/sandboxes:stop", &select).await.problem(403, "tenant_forbidden");
    let mut extend = json!({"select":{"labels":{"term":"2026a"}}});
    extend["expires_at"] = json!(world.later(90 * 3600));
    let extended = items(&world.post(PLATFORM, "/v1/sandboxes:extend", &extend).await.expect(200));
    assert_eq!((extended.len(), &extended[0]["limited_by"]), (2, &json!("max_lifetime")));
    let select = json!({"select":{"class_id":"c42"},"template":"lab"});
    assert_eq!(items(&world.post(PLATFORM, "/v1/sandboxes:reset", &select).await.expect(200)).len(), 2);
    let select = json!({"select":{"class_id":"c42"}});
    assert_eq!(items(&world.post(PLATFORM, "/v1/sandboxes:delete", &select).await.expect(200)).len(), 2);
    assert_eq!(items(&world.post(PLATFORM, "/v1/sandboxes:delete", &select).await.expect(200)).len(), 0);
}

#[tokio::test]
async fn an_empty_selector_selects_nothing_but_a_problem() {
    let world = World::with_lab().await;
    for bad in [
        json!({}),
        json!({"select":{}}),
        json!({"select":{"tenant":"school-1"}}),
        json!({"select":{"ids":[],"class_id":"c42"}}),
        json!({"select":{"klass":"c42"}}),
    ] {
        world.post(PLATFORM, "/v1/sandboxes:delete", &bad).await.problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn access_for_a_class_is_one_call() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    let item = |id: &str, app: &str| json!({"id":id,"access":{"app":app,"user":"u-1","role":"student"}});
    let unreadable = json!({"id":id,"access":{"app":"lab","user":"u-1","role":"pupil"}});
    let batch = json!({"items":[item(&id, "lab"), item("bj-aaaaaaaaaaaaaaaa", "lab"), item(&id, "nothing"),
        item("no id", "lab"), unreadable, 7]});
    let given = items(&world.post(PLATFORM, "/v1/sandboxes:batchAccess", &batch).await.expect(200));
    assert!(given[0]["access"]["url"].as_str().unwrap().contains("#ticket="));
    assert_eq!(given[1]["problem"]["type"], "sandbox_not_found");
    assert_eq!(given[2]["problem"]["errors"][0]["field"], "app");
    assert_eq!(
        (&given[3]["id"], &given[3]["problem"]["type"]),
        (&json!("no id"), &json!("sandbox_not_found"))
    );
    assert_eq!(given[4]["problem"]["errors"][0]["field"], "access.role");
    assert_eq!((&given[5]["id"], &given[5]["problem"]["status"]), (&Value::Null, &json!(422)));
}
