//! `/_qj/*`.

use domain::phase::{Phase, Wanted};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tokio::time::timeout;

use super::client::{PATIENCE, until};
use super::region::{Region, route, route_in};

#[tokio::test]
async fn the_status_says_what_pages_need_and_waits_for_news() {
    let (region, agent, client) = Region::ready().await;
    let first = client.get("/_qj/status").await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let status: Value = serde_json::from_slice(first.body()).unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    for (field, value) in [
        ("sandbox", json!("bj-abcdefghij234567")),
        ("ref", json!("c42-s7")),
        ("app", json!("lab")),
        ("kind", json!("http")),
        ("phase", json!("ready")),
        ("wanted", json!("running")),
        ("can_extend", json!(true)),
        ("can_wake", json!(false)),
        ("role", json!("student")),
        ("queue", Value::Null),
        ("reentry_url", json!("https://school.example.com/back?ref=c42-s7")),
    ] {
        assert_eq!(status[field], value, "{field}");
    }
    assert!(status["server_time"].is_string() && tag.starts_with('"'));

    let path = format!("/_qj/status?wait_s=20&etag=%22{}%22", tag.trim_matches('"'));
    let waiting = client.get(&path);
    let stopping = async {
        // Only the poll of the visitor is in flight; the change reaches it whenever it began to wait.
        region.put(route_in(Phase::Stopping, Wanted::Stopped, &agent)).await;
    };
    let (changed, ()) = timeout(PATIENCE, async { tokio::join!(waiting, stopping) }).await.unwrap();
    let status: Value = serde_json::from_slice(changed.body()).unwrap();
    assert_eq!(status["phase"], "stopping");
    assert_ne!(changed.headers()["etag"].to_str().unwrap(), tag);

    let tag = changed.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
    let same = client.get(&format!("/_qj/status?wait_s=0&etag={tag}")).await;
    assert_eq!((same.status(), same.body().len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(client.anonymous().get("/_qj/status").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn in_the_queue_the_status_has_place_and_estimate() {
    let (region, agent, client) = Region::ready().await;
    region.put(route_in(Phase::Queued, Wanted::Running, &agent)).await;
    let status: Value = serde_json::from_slice(client.get("/_qj/status").await.body()).unwrap();
    assert_eq!(status["queue"], json!({"place": 3, "estimate_s": [20, 60]}));
}

#[tokio::test]
async fn a_revoked_visitor_stops_waiting_for_news() {
    let (region, agent, client) = Region::ready().await;
    let tag =
        client.get("/_qj/status").await.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
    let mut revoked = route(&agent);
    revoked.access_epoch = 2;
    let path = format!("/_qj/status?wait_s=25&etag={tag}");
    let (answer, ()) =
        timeout(PATIENCE, async { tokio::join!(client.get(&path), region.put(revoked)) }).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn clicks_become_commands_in_the_visitors_name() {
    let (region, _agent, client) = Region::ready().await;
    assert_eq!(client.post("/_qj/wake", "").await.status(), StatusCode::ACCEPTED);
    let extended = client.post("/_qj/extend", "").await;
    let body: Value = serde_json::from_slice(extended.body()).unwrap();
    assert_eq!(body, json!({"expires_at": "2026-09-01T10:00:00Z", "limited_by": "max_lifetime"}));
    let who = json!({"sandbox": "bj-abcdefghij234567", "user": "u-7", "role": "student"});
    let commands = region.api.commands.lock().clone();
    assert_eq!(commands, [("wake".to_owned(), who.clone()), ("extend".to_owned(), who)]);

    region.api.may_wake.store(false, Ordering::SeqCst);
    assert_eq!(client.post("/_qj/wake", "").await.status(), StatusCode::CONFLICT);
    assert_eq!(client.get("/_qj/wake").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(client.anonymous().post("/_qj/wake", "").await.status(), StatusCode::UNAUTHORIZED);
    let foreign = client.request("POST", "/_qj/wake").header("origin", "https://evil.com");
    assert_eq!(client.send(foreign, "").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn files_go_to_the_agent_with_its_own_token_and_nothing_of_the_visitor() {
    let (region, agent, _) = Region::ready().await;
    let client = region.client("terminal");
    let uploaded = client
        .send(
            client.request("PUT", "/_qj/files?path=a%20b.txt&evil=1").header("origin", client.origin()),
            "12345",
        )
        .await;
    assert_eq!(&uploaded.body()[..], b"main got 5 bytes");
    assert!(uploaded.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors"));
    assert_eq!(uploaded.headers()["x-content-type-options"], "nosniff");
    let got = agent.app.last();
    assert_eq!((got.method.as_str(), got.path.as_str()), ("PUT", "/files?path=a+b.txt"));
    assert_eq!(got.headers["authorization"], format!("Bearer {}", super::region::TOKEN));
    assert!(!got.headers.contains_key("cookie") && !got.headers.contains_key("x-forwarded-for"));

    assert_eq!(client.get("/_qj/files").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(client.post("/_qj/files?path=x", "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(client.anonymous().get("/_qj/files?path=x").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(region.client("lab").get("/_qj/files?path=x").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn our_paths_never_reach_an_app() {
    let (_region, agent, client) = Region::ready().await;
    for path in
        ["/_qj", "/_qj/", "/_qj/nothing", "/_qj/../x", "/_qj/assets/nothing.js", "/_qj/assets/../enter"]
    {
        assert_eq!(client.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(client.get("/_qj/terminal").await.status(), StatusCode::NOT_FOUND, "not of this kind of app");
    assert_eq!(agent.dialled.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn assets_are_for_everybody_and_for_ever() {
    let (_region, _agent, client) = Region::ready().await;
    let page = String::from_utf8_lossy(web::page("enter").unwrap()).into_owned();
    let name = page.split("/_qj/assets/").nth(1).unwrap().split('"').next().unwrap();
    let asset = client.anonymous().get(&format!("/_qj/assets/{name}")).await;
    assert_eq!(asset.status(), StatusCode::OK);
    assert!(asset.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(asset.body().len(), web::asset(name).unwrap().bytes.len());
}

#[tokio::test]
async fn a_soft_stop_ends_the_wait_for_news() {
    let (mut region, _agent, client) = Region::ready().await;
    let tag =
        client.get("/_qj/status").await.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
    let path = format!("/_qj/status?wait_s=25&etag={tag}");
    let stopper = region.stopper.clone();
    let stop = async {
        until("it waits", || region.metrics().contains("qingjiao_proxy_requests_in_flight 1")).await;
        stopper.soft();
    };
    let (answer, ()) = tokio::join!(client.get(&path), stop);
    assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
    region.ended(PATIENCE).await;
}
