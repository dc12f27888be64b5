//! What counts as a sign of life.

use futures_util::SinkExt as _;
use serde_json::Value;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::client::PATIENCE;
use super::region::{Region, SANDBOX};
use super::websockets::{next, websocket};

/// The last report of a region, which is told when it stops.
async fn last_report(mut region: Region) -> Value {
    region.stopper.soft();
    region.ended(PATIENCE).await;
    let reports = region.api.activity.lock();
    reports.last().cloned().expect("a report")
}

fn is_active(report: &Value) -> bool {
    report["active"].as_array().unwrap().iter().any(|entry| entry["sandbox"] == SANDBOX)
}

#[tokio::test]
async fn requests_with_a_cookie_count() {
    let (region, _agent, client) = Region::ready().await;
    client.get("/").await;
    let report = last_report(region).await;
    assert!(is_active(&report), "{report}");
    assert_eq!((&report["reporter"], &report["connected"]), (&"proxy-1".into(), &Value::Array(Vec::new())));
    assert!(report["from"].as_str().unwrap() <= report["to"].as_str().unwrap());
}

#[tokio::test]
async fn what_pages_do_by_themselves_and_strangers_do_does_not_count() {
    let (region, _agent, client) = Region::ready().await;
    client.get("/_qj/status").await;
    client.visit("/_qj/enter").await;
    client.anonymous().get("/").await;
    client.with_cookie("v1.x.y.z").post("/", "").await;
    let report = last_report(region).await;
    assert!(!is_active(&report), "{report}");
}

#[tokio::test]
async fn of_a_terminal_only_what_is_typed_counts() {
    for (message, counts) in [
        (Message::text(r#"{"t":"seen","offset":1}"#), false),
        (Message::Ping(Bytes::new()), false),
        (Message::Binary(Bytes::from_static(b"\0\0\0\0\0\0\0\x01ls\n")), true),
    ] {
        let (region, _agent, _) = Region::ready().await;
        let client = region.client("terminal");
        let mut socket = websocket(&client, "/_qj/terminal").await;
        socket.send(message.clone()).await.unwrap();
        next(&mut socket).await;
        let report = last_report(region).await;
        assert_eq!(is_active(&report), counts, "{message}: {report}");
    }
}
