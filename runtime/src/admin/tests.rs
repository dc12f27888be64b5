use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Admin, Readiness};
use crate::telemetry::capture::log_of;
use crate::{SharedRegistry, Stopper};

fn admin() -> (Admin, Stopper) {
    let stopper = Stopper::new();
    let admin =
        Admin { readiness: Readiness::default(), registry: SharedRegistry::default(), stop: stopper.stop() };
    (admin, stopper)
}

async fn get(admin: &Admin, path: &str) -> (StatusCode, String, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = admin.clone().router().oneshot(request).await.unwrap();
    let (status, kind) = (response.status(), response.headers()["content-type"].to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

async fn readyz(admin: &Admin) -> (StatusCode, Value) {
    let (status, _kind, body) = get(admin, "/readyz").await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn ready_only_when_every_check_passes() {
    let (admin, _stopper) = admin();
    admin.readiness.announce(&["store", "feed"]);
    admin.readiness.set("store", Ok::<(), &str>(()));
    let (status, body) = readyz(&admin).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let expected = json!({"ready": false,
        "checks": {"feed": {"ready": false, "reason": "starting"}, "store": {"ready": true}}});
    assert_eq!(body, expected);

    admin.readiness.set("feed", Ok::<(), &str>(()));
    assert_eq!(readyz(&admin).await.0, StatusCode::OK);

    admin.readiness.set("store", Err("disk full"));
    let (status, body) = readyz(&admin).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["checks"]["store"]["reason"], "disk full");
}

#[tokio::test]
async fn a_draining_process_is_alive_and_not_ready() {
    let (admin, stopper) = admin();
    assert_eq!(readyz(&admin).await.0, StatusCode::OK);
    stopper.soft();
    let (status, body) = readyz(&admin).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["checks"]["stop"]["reason"], "stopping");
    assert_eq!(get(&admin, "/livez").await.0, StatusCode::OK);
}

#[tokio::test]
async fn metrics_are_openmetrics() {
    let (admin, _stopper) = admin();
    let (status, kind, body) = get(&admin, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    assert!(body.ends_with("# EOF\n"));
}

#[tokio::test]
async fn one_check_can_be_waited_for() {
    let readiness = Readiness::default();
    assert!(!readiness.passes("store"));
    readiness.set("store", Ok::<(), &str>(()));
    readiness.becomes("store", true).await;
    readiness.set("store", Err("gone"));
    readiness.becomes("store", false).await;
    assert!(!readiness.passes("store"));
}

#[tokio::test]
async fn ready_can_be_waited_for() {
    let readiness = Readiness::default();
    readiness.announce(&["store"]);
    let waiting = readiness.clone();
    let mut set = tokio::task::JoinSet::new();
    set.spawn(async move { waiting.ready().await });
    tokio::task::yield_now().await;
    assert!(set.try_join_next().is_none());
    readiness.set("store", Ok::<(), &str>(()));
    tokio::time::timeout(Duration::from_secs(5), set.join_next()).await.unwrap().unwrap().unwrap();
}

#[test]
fn only_a_change_of_sides_is_logged() {
    let log = log_of(|| {
        let readiness = Readiness::default();
        readiness.announce(&["store"]);
        for _ in 0..3 {
            readiness.set("store", Ok::<(), &str>(()));
        }
        for reason in ["locked", "locked", "gone"] {
            readiness.set("store", Err(reason));
        }
    });
    let messages: Vec<_> = log.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["check passes", "check fails"]);
    assert_eq!(log[1]["reason"], "locked");
}
