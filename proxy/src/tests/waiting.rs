//! What visitors see while a sandbox is not ready.

use domain::cause::{Cause, Code};
use domain::phase::{Phase, Wanted};
use domain::time::Timestamp;
use http::StatusCode;
use serde_json::Value;
use std::sync::atomic::Ordering;

use super::region::{Region, route, route_in};

#[tokio::test]
async fn people_wait_on_a_page_and_programs_are_told_when_to_come_back() {
    let (region, agent, client) = Region::ready().await;
    for (phase, wanted) in [
        (Phase::Queued, Wanted::Running),
        (Phase::Provisioning, Wanted::Running),
        (Phase::Starting, Wanted::Running),
        (Phase::Stopping, Wanted::Stopped),
        (Phase::Stopped, Wanted::Stopped),
        (Phase::Failed, Wanted::Running),
        (Phase::Deleting, Wanted::Deleted),
        (Phase::Ready, Wanted::Stopped),
    ] {
        let mut route = route_in(phase, wanted, &agent);
        route.cause =
            Some(Cause::new(Code::StartTimedOut, phase, Timestamp::from_ms(1)).with_detail("secret"));
        region.put(route).await;
        let page = client.visit("/deep/link").await;
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE, "{phase}");
        assert_eq!(&page.body()[..], web::page("waiting").unwrap());
        assert!(page.headers().contains_key("retry-after"));

        let problem = client.get("/api").await;
        assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE, "{phase}");
        assert!(problem.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
        let body: Value = serde_json::from_slice(problem.body()).unwrap();
        assert_eq!((&body["type"], &body["phase"]), (&"sandbox_not_ready".into(), &phase.as_str().into()));
        assert_eq!(
            (&body["cause"]["slug"], &body["cause"]["who"]),
            (&"start_timed_out".into(), &"teacher".into())
        );
        assert!(body["cause"]["next"]["zh"].is_string() && !body.to_string().contains("secret"));

        let (_stream, head) = client.open(&client.handshake("/ws", Some(&client.origin()))).await;
        assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("connection: close"), "{phase}: {head}");
        // A script of an app's page is a program, whatever it accepts.
        let script =
            client.request("GET", "/").header("accept", "text/html").header("sec-fetch-mode", "cors");
        assert_eq!(client.send(script, "").await.headers()["content-type"], "application/problem+json");
    }
    assert_eq!(agent.dialled.load(Ordering::SeqCst), 0, "nobody dialled a machine that is not there");
}

#[tokio::test]
async fn a_stopped_sandbox_is_asked_for_by_nobody() {
    let (region, agent, client) = Region::ready().await;
    region.put(route_in(Phase::Stopped, Wanted::Stopped, &agent)).await;
    let pulls = region.api.pulls.load(Ordering::SeqCst);
    for _ in 0..20 {
        client.get("/").await;
    }
    assert_eq!(region.api.pulls.load(Ordering::SeqCst), pulls);
}

#[tokio::test]
async fn the_terminal_page_is_there_when_the_sandbox_is() {
    let (region, agent, _) = Region::ready().await;
    let client = region.client("terminal");
    let page = client.visit("/").await;
    assert_eq!((page.status(), &page.body()[..]), (StatusCode::OK, web::page("terminal").unwrap()));
    assert_eq!(client.get("/elsewhere").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(client.anonymous().visit("/").await.status(), StatusCode::UNAUTHORIZED);
    region.put(route_in(Phase::Starting, Wanted::Running, &agent)).await;
    assert_eq!(&client.visit("/").await.body()[..], web::page("waiting").unwrap());
    region.put(route(&agent)).await;
    assert_eq!(client.visit("/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_deleted_sandbox_is_unknown() {
    let (region, _agent, client) = Region::ready().await;
    region.api.remove(&super::region::SANDBOX.parse().unwrap());
    super::client::until("the feed tells", || region.api.polls.load(Ordering::SeqCst) >= 3).await;
    assert_eq!(client.get("/").await.status(), StatusCode::NOT_FOUND);
}
