//! Stop, start, reset, extend, delete.

use domain::phase::Phase;
use serde_json::json;

use super::world::{PLATFORM, World, lab};

#[tokio::test]
async fn commands_raise_the_generation_and_repeat_harmlessly() {
    let world = World::with_lab().await;
    let path = format!("/v1/sandboxes/{}", world.create("s1", "school-1").await);
    let stopped = world.post(PLATFORM, &format!("{path}/stop"), &json!({"wake":true})).await.expect(202);
    assert_eq!((&stopped["wanted"], &stopped["generation"]), (&json!("stopped"), &json!(2)));
    let again = world.post(PLATFORM, &format!("{path}/stop"), &json!({"wake":true})).await.expect(202);
    assert_eq!(again["generation"], 2);
    let started = world.post(PLATFORM, &format!("{path}/start"), &json!({})).await.expect(202);
    assert_eq!((&started["wanted"], &started["generation"]), (&json!("running"), &json!(3)));
    let late = json!({"if_generation":2});
    world.post(PLATFORM, &format!("{path}/stop"), &late).await.problem(409, "generation_conflict");
    let reset = world.post(PLATFORM, &format!("{path}/reset"), &json!({"if_generation":3})).await.expect(202);
    assert_eq!(reset["generation"], 4);
    world.delete(PLATFORM, &format!("{path}?if_generation=3")).await.problem(409, "generation_conflict");
    let deleted = world.delete(PLATFORM, &format!("{path}?if_generation=4")).await.expect(202);
    assert_eq!(deleted["wanted"], "deleted");
    world.delete(PLATFORM, &path).await.expect(202);
    world.post(PLATFORM, &format!("{path}/start"), &json!({})).await.problem(404, "sandbox_not_found");
    assert_eq!(world.get(PLATFORM, &path).await.expect(200)["wanted"], "deleted");
}

#[tokio::test]
async fn an_empty_body_is_no_mistake_and_an_unknown_field_is() {
    let world = World::with_lab().await;
    let path = format!("/v1/sandboxes/{}/stop", world.create("s1", "school-1").await);
    let problem =
        world.post(PLATFORM, &path, &json!({"if_generations":7})).await.problem(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "if_generations");
    let bare = super::world::request("POST", &path, PLATFORM, axum::body::Body::empty());
    world.reply(bare).await.expect(202);
}

#[tokio::test]
async fn reset_may_take_another_template() {
    let world = World::with_lab().await;
    let mut two = lab();
    two["policy"] = json!({"keep_home_days":1});
    let version = world.publish("lab", &two).await.expect(201)["version"].clone();
    let id = world.create("s1", "school-1").await;
    let path = format!("/v1/sandboxes/{id}/reset");
    world.post(PLATFORM, &path, &json!({"template":"other"})).await.problem(404, "template_not_found");
    let reset = world.post(PLATFORM, &path, &json!({"template":"lab"})).await.expect(202);
    assert_eq!(reset["template"], format!("lab@{}", version.as_str().unwrap()));
    assert_eq!(world.sandbox(&id).await.intent.access_epoch, 2);
}

#[tokio::test]
async fn extend_grants_up_to_the_cap() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    let path = format!("/v1/sandboxes/{id}/extend");
    let until = world.later(5 * 3600);
    let granted = world.post(PLATFORM, &path, &json!({"expires_at":until})).await.expect(200);
    assert_eq!((&granted["expires_at"], &granted["limited_by"]), (&json!(until), &json!(null)));
    let granted =
        world.post(PLATFORM, &path, &json!({"expires_at":world.later(90 * 3600)})).await.expect(200);
    assert_eq!(
        (&granted["expires_at"], &granted["limited_by"]),
        (&granted["max_expires_at"], &json!("max_lifetime"))
    );
    let past = json!({"expires_at":"2020-01-01T00:00:00Z"});
    world.post(PLATFORM, &path, &past).await.problem(422, "invalid_request");
    world.post(PLATFORM, &path, &json!({})).await.problem(422, "invalid_request");
    world.post(PLATFORM, &format!("/v1/sandboxes/{id}/stop"), &json!({})).await.expect(202);
    world.post(PLATFORM, &path, &json!({"expires_at":until})).await.problem(409, "not_running");
}

#[tokio::test]
async fn what_is_gone_is_not_found() {
    let world = World::with_lab().await;
    for id in ["bj-aaaaaaaaaaaaaaaa", "nonsense"] {
        world.get(PLATFORM, &format!("/v1/sandboxes/{id}")).await.problem(404, "sandbox_not_found");
        world.delete(PLATFORM, &format!("/v1/sandboxes/{id}")).await.problem(404, "sandbox_not_found");
    }
    let id = world.create("s1", "school-1").await;
    world.delete(PLATFORM, &format!("/v1/sandboxes/{id}")).await.expect(202);
    world.moves(&id, &[Phase::Deleting, Phase::Deleted]).await;
    assert_eq!(world.get(PLATFORM, &format!("/v1/sandboxes/{id}")).await.expect(200)["phase"], "deleted");
    let listed = world.get(PLATFORM, "/v1/sandboxes").await.expect(200);
    assert_eq!(listed["items"], json!([]));
    let listed = world.get(PLATFORM, "/v1/sandboxes?deleted=true").await.expect(200);
    assert_eq!(listed["items"][0]["id"], id);
}

#[tokio::test]
async fn the_cause_comes_with_its_words() {
    use domain::cause::{Cause, Code};
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    world.moves(&id, &[Phase::Provisioning]).await;
    let mut cause =
        Cause::new(Code::MachineExited, Phase::Starting, world.later(0)).with_detail("exit code 3");
    cause.last_lines = vec!["no such module".to_owned()];
    world.record(&id, |status| (status.phase, status.cause) = (Phase::Failed, Some(cause))).await;
    let shown = world.get(PLATFORM, &format!("/v1/sandboxes/{id}")).await.expect(200)["cause"].clone();
    assert_eq!((&shown["slug"], &shown["stage"]), (&json!("machine_exited"), &json!("starting")));
    assert_eq!(shown["last_lines"], json!(["no such module"]));
    assert!(
        !shown["text"]["zh"].as_str().unwrap().is_empty()
            && !shown["next"]["en"].as_str().unwrap().is_empty()
    );
}
