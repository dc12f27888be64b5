//! A route that is not true any more never leads to another's machine.

use domain::phase::{Phase, Wanted};
use http::StatusCode;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::region::{Region, route, route_in, target};

#[tokio::test]
async fn a_refused_token_pulls_the_route_once_and_tries_again() {
    let (mut region, old, client) = Region::ready().await;
    // The address belongs to another sandbox now; ours lives elsewhere, and the feed hasn't told yet.
    *old.token.lock() = "token-of-somebody-else".to_owned();
    let new = region.agent("second", "token-of-the-second-life");
    let mut moved = route(&new);
    moved.targets = BTreeMap::from([("main".parse().unwrap(), target(&new, 2))]);
    region.api.put_past_feed(moved);

    let answer = client.get("/").await;
    assert_eq!(&answer.body()[..], b"second got 0 bytes");
    assert_eq!(region.api.pulls.load(Ordering::SeqCst), 1);
    assert_eq!((old.refused.load(Ordering::SeqCst), old.app.got.lock().len()), (1, 0));
    assert_eq!(client.get("/").await.status(), StatusCode::OK);
    assert_eq!(
        (region.api.pulls.load(Ordering::SeqCst), old.dialled.load(Ordering::SeqCst)),
        (1, 1),
        "it is known now"
    );
}

#[tokio::test]
async fn when_the_newest_route_is_refused_too_nothing_of_the_other_is_seen() {
    let (region, other, client) = Region::ready().await;
    *other.token.lock() = "token-of-somebody-else".to_owned();
    for _ in 0..5 {
        let answer = client.get("/").await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(String::from_utf8_lossy(answer.body()).contains("machine_unreachable"));
        let (_stream, head) = client.open(&client.handshake("/ws", Some(&client.origin()))).await;
        assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    }
    assert_eq!(region.api.pulls.load(Ordering::SeqCst), 1, "one question a second");
    assert!(other.app.got.lock().is_empty());
}

#[tokio::test]
async fn a_machine_that_is_gone_is_looked_for_anew() {
    let (mut region, gone, client) = Region::ready().await;
    std::fs::remove_file(&gone.path).unwrap();
    let new = region.agent("second", "t2");
    let mut moved = route(&new);
    moved.targets = BTreeMap::from([("main".parse().unwrap(), target(&new, 2))]);
    region.api.put_past_feed(moved);
    assert_eq!(client.get("/").await.status(), StatusCode::OK);
    region.api.put_past_feed(route_in(Phase::Provisioning, Wanted::Running, &new));
    std::fs::remove_file(&new.path).unwrap();
    let answer = client.get("/").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_sandbox_that_the_feed_has_not_told_of_is_pulled() {
    let mut region = Region::start().await;
    let agent = region.agent("main", super::region::TOKEN);
    let client = region.client("lab");
    assert_eq!(client.get("/").await.status(), StatusCode::NOT_FOUND);
    region.api.put_past_feed(route(&agent));
    // What is unknown is asked for again after a second, not at once.
    assert_eq!(client.get("/").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(region.api.pulls.load(Ordering::SeqCst), 1);
    let known = async { while client.get("/").await.status() != StatusCode::OK {} };
    tokio::time::timeout(super::client::PATIENCE, known).await.unwrap();
    assert_eq!(region.api.pulls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_terminal_finds_its_machine_again_too() {
    let (mut region, old, _) = Region::ready().await;
    let client = region.client("terminal");
    let handshake = client.handshake("/_qj/terminal", Some(&client.origin()));
    *old.token.lock() = "token-of-somebody-else".to_owned();
    let (_stream, head) = client.open(&handshake).await;
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert_eq!(client.get("/_qj/files?path=x").await.status(), StatusCode::SERVICE_UNAVAILABLE);

    let new = region.agent("second", "t2");
    let mut moved = route(&new);
    moved.targets = BTreeMap::from([("main".parse().unwrap(), target(&new, 2))]);
    region.api.put_past_feed(moved);
    let found = async { while !client.open(&handshake).await.1.starts_with("HTTP/1.1 101 ") {} };
    tokio::time::timeout(super::client::PATIENCE, found).await.unwrap();
    assert_eq!(&client.get("/_qj/files?path=x").await.body()[..], b"second got 0 bytes");
    assert!(old.app.got.lock().is_empty());
}
