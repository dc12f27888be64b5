//! Refusals that belong to no endpoint, and that none of them says too much.

use axum::body::Body;
use axum::routing::get;
use http::Request;
use serde_json::json;
use tower::ServiceExt as _;

use super::world::{PLATFORM, World, request};

#[tokio::test]
async fn unknown_paths_and_methods() {
    let world = World::new().await;
    world.get(PLATFORM, "/v2/sandboxes").await.problem(404, "not_found");
    let reply = world.reply(request("PATCH", "/v1/sandboxes", PLATFORM, Body::empty())).await;
    assert!(reply.headers["allow"].to_str().unwrap().contains("POST"));
    reply.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let world = World::new().await;
    let send = async |body: String, content_type: &str| {
        let mut asked = request("POST", "/v1/sandboxes", PLATFORM, Body::from(body));
        asked.headers_mut().insert("content-type", content_type.parse().unwrap());
        world.reply(asked).await
    };
    let broken = send("{\"secrets\":{\"a\":\"hunter2\"".into(), "application/json").await;
    assert!(!broken.text.contains("hunter2") && broken.text.contains("line 1"), "{}", broken.text);
    broken.problem(400, "invalid_json");
    send("{}".into(), "text/plain").await.problem(415, "unsupported_media_type");
    send("[]".into(), "application/json; charset=utf-8").await.problem(422, "invalid_request");
    let long = format!("{{\"ref\":\"{}\"}}", "x".repeat(1024 * 1024));
    send(long, "application/json").await.problem(413, "body_too_large");
    let template = json!({"machines":[{"name":"x".repeat(300 * 1024)}]});
    world.publish("lab", &template).await.problem(413, "body_too_large");
}

#[tokio::test]
async fn a_body_that_never_comes_is_given_up() {
    let world = World::new().await;
    // The key is in memory then; a database doesn't live in paused time.
    world.get(PLATFORM, "/v1/capabilities").await.expect(200);
    tokio::time::pause();
    let stuck = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    world.reply(request("POST", "/v1/sandboxes", PLATFORM, stuck)).await.problem(408, "request_timeout");
}

#[tokio::test]
async fn a_request_keeps_its_own_id_when_it_is_plain() {
    let world = World::new().await;
    for (sent, kept) in [("trace-1", true), ("bad id", false), ("", false)] {
        let mut asked = request("GET", "/v1/capabilities", PLATFORM, Body::empty());
        asked.headers_mut().insert("x-request-id", sent.parse().unwrap());
        let reply = world.reply(asked).await;
        assert_eq!(reply.headers["x-request-id"] == sent, kept, "{sent}");
    }
}

#[tokio::test]
async fn a_panic_is_contained() {
    let world = World::new().await;
    let panics = get(async || -> &'static str { panic!("planted") });
    let layer = axum::middleware::from_fn_with_state(world.api.clone(), crate::middleware::answer);
    let router = axum::Router::new().route("/panics", panics).layer(layer);
    let response = router.oneshot(Request::get("/panics").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn a_lost_store_is_told_and_readiness_falls() {
    let world = World::with_lab().await;
    world.api.readiness.set("store", Ok::<(), &str>(()));
    world.get(PLATFORM, "/v1/sandboxes").await.expect(200);
    world.store.close().await;
    let reply = world.get(PLATFORM, "/v1/sandboxes").await;
    assert!(reply.headers.contains_key("retry-after"));
    reply.problem(503, "store_unavailable");
    assert!(!world.api.readiness.is_ready());
}

#[tokio::test]
async fn pages_and_descriptions_need_no_key() {
    let world = World::new().await;
    let get = async |path: &str| world.reply(Request::get(path).body(Body::empty()).unwrap()).await;
    let page = get("/console").await;
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(page.status, 200);
    let description = get("/openapi.json").await.expect(200);
    assert!(description["paths"]["/v1/sandboxes"]["post"].is_object());
    assert_eq!(get("/docs/").await.status, 200);
    let catalogue = get("/v1/catalogue").await.expect(200);
    assert!(catalogue["causes"].as_array().unwrap().len() > 10);
    assert!(catalogue["problems"].as_array().unwrap().iter().any(|one| one["slug"] == "ref_taken"));
    get("/_qj/assets/none.js").await.problem(404, "not_found");
    get("/_qj/assets/..%2Fconsole.html").await.problem(404, "not_found");
}
