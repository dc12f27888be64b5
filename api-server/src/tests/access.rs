//! Ways in: tickets, their redemption, and what a cookie says.

use domain::token::{CookieClaims, Verifier};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::world::{PLATFORM, World};

/// The ticket in an entering URL.
fn ticket_of(url: &str) -> String {
    let fragment = url.split_once('#').unwrap().1;
    let mut pairs = form_urlencoded::parse(fragment.as_bytes());
    pairs.find(|(name, _)| name == "ticket").unwrap().1.into_owned()
}

async fn enter(world: &World, id: &str, access: &Value) -> String {
    let given = world.post(PLATFORM, &format!("/v1/sandboxes/{id}/access"), access).await.expect(200);
    given["url"].as_str().unwrap().to_owned()
}

fn redeem(ticket: &str, id: &str, app: &str) -> Value {
    json!({"ticket":ticket,"sandbox":id,"app":app})
}

#[tokio::test]
async fn a_ticket_stands_in_the_fragment_of_its_apps_host() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    let url = enter(&world, &id, &json!({"user":"u-1","role":"student"})).await;
    assert!(url.starts_with(&format!("http://terminal--{id}.localhost:8080/_qj/enter#ticket=")), "{url}");
    let url =
        enter(&world, &id, &json!({"app":"dev","port":3004,"user":"u-1","role":"teacher","next":"/a?b=c"}))
            .await;
    assert!(url.starts_with(&format!("http://dev-3004--{id}.localhost:8080/")), "{url}");
    assert!(url.ends_with("&next=%2Fa%3Fb%3Dc"), "{url}");
}

#[tokio::test]
async fn mistakes_are_named() {
    let world = World::with_lab().await;
    let path = format!("/v1/sandboxes/{}/access", world.create("s1", "school-1").await);
    let rows = [
        (json!({"role":"student"}), "user"),
        (json!({"user":"u-1","role":"principal"}), "role"),
        (json!({"user":"u-1","role":"student","app":"nothing"}), "app"),
        (json!({"user":"u-1","role":"student","app":"database"}), "app"),
        (json!({"user":"u-1","role":"student","app":"dev","port":4000}), "port"),
        (json!({"user":"u-1","role":"student","app":"lab","port":8888}), "port"),
        (json!({"user":"u-1","role":"student","next":"//evil.example.com"}), "next"),
        (json!({"user":"u-1","role":"student","next":"https://evil.example.com"}), "next"),
    ];
    for (body, field) in rows {
        let problem = world.post(PLATFORM, &path, &body).await.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn a_redeemed_ticket_gives_a_cookie_and_the_route() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    world.ready(&id, "unix:/nowhere").await;
    let ticket = ticket_of(&enter(&world, &id, &json!({"app":"lab","user":"u-1","role":"student"})).await);
    let given = world.role_post("/internal/redeem", &redeem(&ticket, &id, "lab")).await.expect(200);
    assert_eq!((&given["route"]["sandbox"], &given["route"]["phase"]), (&json!(id), &json!("ready")));
    assert!(given["route"]["targets"]["main"]["token"].is_string());
    assert!(given["route"]["position"].as_u64().unwrap() > 0);
    let verifier = Verifier::new(world.api.routes.keys());
    let cookie: CookieClaims = verifier.verify(given["cookie"].as_str().unwrap(), world.later(0)).unwrap();
    assert_eq!((cookie.sbx.as_str(), cookie.app.as_str(), cookie.usr.as_str()), (id.as_str(), "lab", "u-1"));
    assert_eq!((cookie.rol.as_str(), cookie.epo), ("student", 1));
    assert_eq!(cookie.exp, world.later(given["max_age_s"].as_u64().unwrap()).seconds());
    world.role_post("/internal/redeem", &redeem(&ticket, &id, "lab")).await.problem(403, "ticket_spent");
}

#[tokio::test]
async fn of_fifty_who_redeem_at_once_one_wins() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    let ticket = ticket_of(&enter(&world, &id, &json!({"user":"u-1","role":"student"})).await);
    let body = redeem(&ticket, &id, "terminal");
    let replies = join_all((0..50).map(|_| world.role_post("/internal/redeem", &body))).await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 49));
    for reply in lost {
        assert!(!reply.text.contains(&ticket));
        reply.problem(403, "ticket_spent");
    }
}

#[tokio::test]
async fn a_ticket_opens_its_own_door_in_its_minute_only() {
    let world = World::with_lab().await;
    let (id, other) = (world.create("s1", "school-1").await, world.create("s2", "school-1").await);
    let ask = json!({"app":"lab","user":"u-1","role":"student"});
    world.role_post("/internal/redeem", &redeem("guessed", &id, "lab")).await.problem(403, "ticket_unknown");
    for (sandbox, app) in [(&other, "lab"), (&id, "terminal")] {
        let ticket = ticket_of(&enter(&world, &id, &ask).await);
        let refused = world.role_post("/internal/redeem", &redeem(&ticket, sandbox, app)).await;
        assert!(!refused.text.contains(&ticket));
        refused.problem(403, "ticket_unknown");
    }
    let ticket = ticket_of(&enter(&world, &id, &ask).await);
    world.post(PLATFORM, &format!("/v1/sandboxes/{id}/reset"), &json!({})).await.expect(202);
    world.role_post("/internal/redeem", &redeem(&ticket, &id, "lab")).await.problem(403, "ticket_expired");
    let ticket = ticket_of(&enter(&world, &id, &ask).await);
    world.clock.advance(std::time::Duration::from_secs(61));
    world.role_post("/internal/redeem", &redeem(&ticket, &id, "lab")).await.problem(403, "ticket_expired");
    world.delete(PLATFORM, &format!("/v1/sandboxes/{id}")).await.expect(202);
    world.post(PLATFORM, &format!("/v1/sandboxes/{id}/access"), &ask).await.problem(404, "sandbox_not_found");
}

#[tokio::test]
async fn revoking_takes_back_cookies_and_unused_tickets() {
    let world = World::with_lab().await;
    let id = world.create("s1", "school-1").await;
    world.ready(&id, "unix:/nowhere").await;
    let access = json!({"app":"lab","user":"u-1","role":"student"});
    let unused = ticket_of(&enter(&world, &id, &access).await);
    let path = format!("/v1/sandboxes/{id}/revoke");
    let nowhere = "/v1/sandboxes/bj-nowhere/revoke";
    world.post(PLATFORM, nowhere, &json!({})).await.problem(404, "sandbox_not_found");
    let shown = world.post(PLATFORM, &path, &json!({})).await.expect(200);
    assert_eq!((&shown["phase"], &shown["generation"]), (&json!("ready"), &json!(1)));
    world.role_post("/internal/redeem", &redeem(&unused, &id, "lab")).await.problem(403, "ticket_expired");
    let ticket = ticket_of(&enter(&world, &id, &access).await);
    let given = world.role_post("/internal/redeem", &redeem(&ticket, &id, "lab")).await.expect(200);
    let verifier = Verifier::new(world.api.routes.keys());
    let cookie: CookieClaims = verifier.verify(given["cookie"].as_str().unwrap(), world.later(0)).unwrap();
    assert_eq!(cookie.epo, 2);
}
