//! Keys, scopes, sessions, roles, rates.

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::world::{OPERATOR, PATIENCE, PLATFORM, SCHOOL_1, World, request};
use crate::config::Config;
use crate::{hash_of, new_key, new_login_code};

#[tokio::test]
async fn who_is_not_known_is_told_so() {
    let world = World::new().await;
    for key in ["qj_wrong", ""] {
        let reply = world.get(key, "/v1/sandboxes").await;
        assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        reply.problem(401, "unauthenticated");
    }
    let bare = Request::get("/v1/sandboxes").body(Body::empty()).unwrap();
    world.reply(bare).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_revoked_key_stops_working_at_once() {
    let world = World::new().await;
    world.get(PLATFORM, "/v1/sandboxes").await.expect(200);
    world.store.keys().revoke(PLATFORM).await.unwrap();
    world.get(PLATFORM, "/v1/sandboxes").await.problem(401, "unauthenticated");
}

/// Two processes: nothing but the file is common to them, and no word of the revocation comes.
#[tokio::test]
async fn a_key_that_another_process_revoked_stops_working_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("store.db").display());
    let world = World::on(&url, Config::default()).await;
    world.get(PLATFORM, "/v1/sandboxes").await.expect(200);
    let other = world.another_store(&url).await;
    other.keys().revoke(PLATFORM).await.unwrap();
    world.clock.advance(std::time::Duration::from_secs(1));
    world.get(PLATFORM, "/v1/sandboxes").await.problem(401, "unauthenticated");
}

/// On PostgreSQL the word reaches the others: the clock stands still here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_heard_by_other_processes() {
    let url = store::testing::postgres().unwrap_or_else(|error| panic!("{error}")).database().unwrap();
    let world = World::on(&url, Config::default()).await;
    world.get(PLATFORM, "/v1/sandboxes").await.expect(200);
    world.another_store(&url).await.keys().revoke(PLATFORM).await.unwrap();
    let gone = async { while world.get(PLATFORM, "/v1/sandboxes").await.status == 200 {} };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}

#[tokio::test]
async fn the_region_is_the_operators() {
    let world = World::new().await;
    for key in [PLATFORM, SCHOOL_1] {
        world.post(key, "/v1/region/cordon", &json!({"reason":"x"})).await.problem(403, "forbidden");
    }
    world.post(OPERATOR, "/v1/region/cordon", &json!({"reason":"x"})).await.expect(200);
}

#[tokio::test]
async fn roles_use_their_own_token_and_nothing_else() {
    let world = World::new().await;
    world.role_get("/internal/routes").await.expect(200);
    for key in [OPERATOR, PLATFORM, "", "00"] {
        world.get(key, "/internal/routes").await.problem(401, "unauthenticated");
    }
    world.get(&world.roles.role_token(), "/v1/sandboxes").await.problem(401, "unauthenticated");
    let old = domain::secret::Secret::new(&"o".repeat(32)).unwrap().role_token();
    world.get(&old, "/internal/routes").await.expect(200);
}

#[tokio::test]
async fn a_login_link_makes_one_session() {
    let world = World::new().await;
    let code = new_login_code(world.api.random.as_ref());
    world.store.logins().issue(&hash_of(&code), world.later(600)).await.unwrap();
    let sent = json!({"code":code});
    let login = || world.post("", "/console/session", &sent);
    let reply = login().await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    reply.expect(204);
    let refused = login().await;
    assert!(!refused.text.contains(&code));
    refused.problem(403, "login_code_invalid");

    let pair = cookie.split(';').next().unwrap().to_owned();
    let with = |method: &str, script: bool| {
        let builder = Request::builder().uri("/v1/sandboxes:stop").method(method).header("cookie", &pair);
        let builder = if script { builder.header("x-requested-with", "qingjiao-console") } else { builder };
        builder.header("content-type", "application/json").body(Body::from("{}")).unwrap()
    };
    let mut read = with("GET", false);
    *read.uri_mut() = "/v1/sandboxes".parse().unwrap();
    world.reply(read).await.expect(200);
    world.reply(with("POST", false)).await.problem(403, "forbidden");
    world.reply(with("POST", true)).await.problem(422, "invalid_request");
    let mut end = with("DELETE", true);
    *end.uri_mut() = "/console/session".parse().unwrap();
    world.reply(end).await.expect(204);
    world.reply(with("POST", true)).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let config = Config { requests_per_s: 1, requests_burst: 2, ..Config::default() };
    let world = World::with(config).await;
    for _ in 0..2 {
        world.get(PLATFORM, "/v1/capabilities").await.expect(200);
    }
    let reply = world.get(PLATFORM, "/v1/capabilities").await;
    assert_eq!(reply.headers["retry-after"], "1");
    reply.problem(429, "too_many_requests");
    world.get(OPERATOR, "/v1/capabilities").await.expect(200);
    world.clock.advance(std::time::Duration::from_secs(1));
    world.get(PLATFORM, "/v1/capabilities").await.expect(200);
}

#[test]
fn keys_are_long_and_known_by_their_prefix() {
    let key = new_key(&domain::random::OsRandom);
    assert!(key.starts_with("qj_") && key.len() == 46, "{}", key.len());
    assert_eq!(hash_of("").len(), 64);
}

#[tokio::test]
async fn a_bad_scheme_is_no_key() {
    let world = World::new().await;
    let mut basic = request("GET", "/v1/sandboxes", PLATFORM, Body::empty());
    basic.headers_mut().insert("authorization", "Basic cWo6cWo=".parse().unwrap());
    world.reply(basic).await.problem(401, "unauthenticated");
}
