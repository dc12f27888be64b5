//! The log as a list and as a stream that resumes exactly.

use axum::body::{Body, BodyDataStream};
use domain::phase::Phase;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::world::{PATIENCE, PLATFORM, SCHOOL_1, World, request};

/// Reads server-sent events.
struct Events {
    body: BodyDataStream,
    text: String,
    /// As a browser keeps it.
    last_id: String,
}

impl Events {
    async fn open(world: &World, key: &str, last_id: Option<&str>) -> Self {
        let mut asked = request("GET", "/v1/events/watch", key, Body::empty());
        if let Some(id) = last_id {
            asked.headers_mut().insert("last-event-id", id.parse().unwrap());
        }
        let response = world.send(asked).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new(), last_id: String::new() }
    }

    /// The next event with data; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(id) = block.lines().find_map(|line| line.strip_prefix("id: ")) {
                    id.clone_into(&mut self.last_id);
                }
                if let Some(data) = block.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return Some(serde_json::from_str(data).unwrap());
                }
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Reads what opens the stream.
    async fn opened(&mut self) {
        let chunk = self.body.next().await.unwrap().unwrap();
        self.text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
}

#[tokio::test]
async fn a_list_goes_on_where_it_ended() {
    let world = World::with_lab().await;
    for n in 0..5 {
        world.create(&format!("s{n}"), "school-1").await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.get(PLATFORM, &format!("/v1/events?limit=2{after}")).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|event| event["type"].clone()));
        after = format!("&after={}", page["next"].as_str().unwrap());
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen[0], "template.published");
    assert_eq!(seen[1..], vec![json!("sandbox.created"); 5]);
    world.create("s9", "school-1").await;
    let page = world.get(PLATFORM, &format!("/v1/events?limit=2{after}")).await.expect(200);
    assert_eq!(page["items"][0]["sandbox"]["ref"], "s9");
    assert_eq!(page["items"][0]["sequence"], 1);
}

#[tokio::test]
async fn a_position_that_is_gone_points_to_the_snapshot() {
    let world = World::with_lab().await;
    for path in ["/v1/events?after=E0-foreign.1", "/v1/events/watch?after=E0-foreign.1"] {
        let problem = world.get(PLATFORM, path).await.problem(410, "cursor_expired");
        assert_eq!(problem["snapshot"], "/v1/sandboxes?limit=500");
    }
    let far = format!("/v1/events?after={}.99999", world.store.epoch().0);
    world.get(PLATFORM, &far).await.problem(410, "cursor_expired");
    world.get(PLATFORM, "/v1/events?after=yesterday").await.problem(422, "invalid_request");
    let listed = world.get(PLATFORM, "/v1/sandboxes").await.expect(200);
    let after = listed["position"].as_str().unwrap();
    world.get(PLATFORM, &format!("/v1/events?after={after}")).await.expect(200);
}

#[tokio::test]
async fn a_school_sees_its_own_events() {
    let world = World::with_lab().await;
    world.create("s1", "school-2").await;
    world.create("s2", "school-1").await;
    let page = world.get(SCHOOL_1, "/v1/events").await.expect(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (&items[0]["type"], &items[1]["sandbox"]["ref"]),
        (&json!("template.published"), &json!("s2"))
    );
    let mut watch = Events::open(&world, SCHOOL_1, None).await;
    watch.opened().await;
    world.create("s3", "school-2").await;
    world.create("s4", "school-1").await;
    assert_eq!(watch.next().await.unwrap()["sandbox"]["ref"], "s4");
}

#[tokio::test]
async fn a_watch_tells_what_happens_from_now_on() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    let mut watch = Events::open(&world, PLATFORM, None).await;
    watch.opened().await;
    world.moves(&id, &[Phase::Provisioning]).await;
    let event = watch.next().await.unwrap();
    assert_eq!(
        (&event["type"], &event["sandbox"]["phase"]),
        (&json!("sandbox.changed"), &json!("provisioning"))
    );
    assert_eq!((&event["changed"], &event["position"]), (&json!(["phase"]), &json!(watch.last_id)));
}

/// However often a client is cut, it sees every event once and in order.
#[tokio::test]
async fn a_watch_that_is_cut_resumes_exactly() {
    let world = World::with_lab().await;
    let mut watch = Events::open(&world, PLATFORM, None).await;
    watch.opened().await;
    let mut seen = Vec::new();
    for n in 0..30 {
        world.create(&format!("s{n}"), "school-1").await;
        if n % 3 == 0 {
            seen.push(watch.next().await.unwrap()["sandbox"]["ref"].clone());
            let last = watch.last_id.clone();
            drop(watch);
            watch = Events::open(&world, PLATFORM, Some(&last)).await;
        }
    }
    while seen.len() < 30 {
        seen.push(watch.next().await.unwrap()["sandbox"]["ref"].clone());
    }
    let expected: Vec<Value> = (0..30).map(|n| json!(format!("s{n}"))).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_watch_ends_when_the_process_drains() {
    let world = World::with_lab().await;
    let mut watch = Events::open(&world, PLATFORM, None).await;
    watch.opened().await;
    world.stopper.soft();
    assert_eq!(watch.next().await, None);
}

#[tokio::test]
async fn a_watch_ends_when_its_key_is_revoked() {
    let world = World::with_lab().await;
    let mut watch = Events::open(&world, PLATFORM, None).await;
    watch.opened().await;
    world.store.keys().revoke(PLATFORM).await.unwrap();
    assert_eq!(tokio::time::timeout(PATIENCE, watch.next()).await.unwrap(), None);
}

#[tokio::test]
async fn a_sandbox_has_its_history() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    world.create("s2", "school-1").await;
    world.moves(&id, &[Phase::Provisioning, Phase::Starting]).await;
    let history = world.get(PLATFORM, &format!("/v1/sandboxes/{id}/events")).await.expect(200);
    let phases: Vec<&Value> =
        history["items"].as_array().unwrap().iter().map(|event| &event["sandbox"]["phase"]).collect();
    assert_eq!(phases, ["queued", "provisioning", "starting"]);
}
