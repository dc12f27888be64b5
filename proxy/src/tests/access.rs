//! Who gets in.

use domain::secret::Secret;
use domain::token::{CookieClaims, Signer};
use http::StatusCode;

use super::client::Client;
use super::region::{Region, claims, route};

#[tokio::test]
async fn cookies_open_one_app_of_one_sandbox_in_one_epoch_until_they_expire() {
    let (region, agent, client) = Region::ready().await;
    let foreign = Signer::new(&Secret::new(&"x".repeat(40)).unwrap());
    let other = |change: fn(&mut CookieClaims)| {
        let mut claims = claims("lab");
        change(&mut claims);
        region.signer.sign(&claims)
    };
    let refused = [
        ("another app's", other(|claims| claims.app = "terminal".parse().unwrap())),
        ("another sandbox's", other(|claims| claims.sbx = "bj-aaaaaaaaaaaaaaaa".parse().unwrap())),
        ("of an older epoch", other(|claims| claims.epo = 0)),
        ("of a later epoch", other(|claims| claims.epo = 2)),
        ("expired", other(|claims| claims.exp = 1_000_000_000)),
        ("signed by somebody else", foreign.sign(&claims("lab"))),
        ("garbage", "v1.a.b.c".to_owned()),
        ("empty", String::new()),
    ];
    for (what, cookie) in refused {
        let answer = client.with_cookie(&cookie).get("/").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{what}");
    }
    assert_eq!(client.anonymous().get("/").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(agent.dialled.load(std::sync::atomic::Ordering::SeqCst), 0);

    assert_eq!(client.get("/").await.status(), StatusCode::OK);
    // Whoever has two, one of them from before, gets in.
    let both = format!("__Host-qj=old; __Host-qj={}", client.cookie.as_ref().unwrap());
    let request = client.anonymous().request("GET", "/").header("cookie", both);
    assert_eq!(client.send(request, "").await.status(), StatusCode::OK);

    let mut revoked = route(&agent);
    revoked.access_epoch = 2;
    region.put(revoked).await;
    assert_eq!(client.get("/").await.status(), StatusCode::UNAUTHORIZED, "remembered, but revoked");
}

#[tokio::test]
async fn without_access_people_get_a_page_and_programs_a_problem() {
    let (_region, _agent, client) = Region::ready().await;
    let page = client.anonymous().visit("/").await;
    assert_eq!(page.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(&page.body()[..], web::page("denied").unwrap());

    let problem = client.anonymous().get("/").await;
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    let body: serde_json::Value = serde_json::from_slice(problem.body()).unwrap();
    assert_eq!((&body["type"], &body["status"]), (&"access_required".into(), &401.into()));
    assert_eq!(body["reentry_url"], "https://school.example.com/back?ref=c42-s7");
    assert_eq!(body["request_id"], problem.headers()["x-request-id"].to_str().unwrap());
}

#[tokio::test]
async fn what_changes_things_comes_from_the_apps_own_pages_or_from_no_page() {
    let (_region, _agent, client) = Region::ready().await;
    let own = client.origin();
    let cases: [(&str, Option<&str>, Option<&str>, u16); 12] = [
        ("GET", Some("https://evil.com"), Some("cross-site"), 200),
        ("OPTIONS", Some("https://evil.com"), Some("cross-site"), 200),
        ("POST", Some(&own), Some("same-origin"), 200),
        ("POST", None, None, 200),
        ("POST", None, Some("none"), 200),
        ("DELETE", None, Some("same-origin"), 200),
        ("POST", None, Some("cross-site"), 403),
        ("POST", None, Some("same-site"), 403),
        ("POST", Some("null"), Some("cross-site"), 403),
        ("PUT", Some("https://evil.com"), None, 403),
        ("POST", Some("http://terminal--bj-abcdefghij234567.localhost"), Some("same-site"), 403),
        ("PROPFIND", Some("https://evil.com"), None, 403),
    ];
    for (method, origin, site, status) in cases {
        let mut request = client.request(method, "/");
        for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        assert_eq!(client.send(request, "").await.status().as_u16(), status, "{method} {origin:?} {site:?}");
    }
    for (origin, status) in [
        (Some(own.as_str()), 101),
        (None, 403),
        (Some("null"), 403),
        (Some("https://evil.com"), 403),
        (Some("http://localhost"), 403),
    ] {
        let (_stream, head) = client.open(&client.handshake("/ws", origin)).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{origin:?}: {head}");
    }
}

#[tokio::test]
async fn a_ticket_is_redeemed_for_a_cookie_that_opens_the_app() {
    let (region, _agent, client) = Region::ready().await;
    let stranger = client.anonymous();
    region.api.tickets.lock().insert("t1".to_owned(), client.cookie.clone().unwrap());
    let page = stranger.visit("/_qj/enter").await;
    assert_eq!((page.status(), &page.body()[..]), (StatusCode::OK, web::page("enter").unwrap()));

    let entered = stranger.post("/_qj/enter", r#"{"ticket":"t1"}"#).await;
    assert_eq!((entered.status(), &entered.body()[..]), (StatusCode::OK, &br#"{"next":"/lab"}"#[..]));
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
    let value = client.cookie.as_ref().unwrap();
    assert_eq!(cookie, format!("__Host-qj={value}; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"));
    assert_eq!(stranger.with_cookie(value).get("/").await.status(), StatusCode::OK);

    let spent = stranger.post("/_qj/enter", r#"{"ticket":"t1"}"#).await;
    assert_eq!(spent.status(), StatusCode::FORBIDDEN);
    let body = String::from_utf8_lossy(spent.body()).into_owned();
    assert!(
        body.contains("ticket_spent") && body.contains("/back?ref=c42-s7") && !body.contains("t1\""),
        "{body}"
    );
    // Reloading a page with a spent ticket is no error for who is in already.
    let again = client.post("/_qj/enter", r#"{"ticket":"t1"}"#).await;
    assert_eq!((again.status(), again.headers().get("set-cookie")), (StatusCode::OK, None));
}

#[tokio::test]
async fn a_ticket_waits_while_the_api_is_away_but_those_who_are_in_go_on() {
    let (region, _agent, client) = Region::ready().await;
    region.api.is_away.store(true, std::sync::atomic::Ordering::SeqCst);
    let refused = client.anonymous().post("/_qj/enter", r#"{"ticket":"t1"}"#).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(String::from_utf8_lossy(refused.body()).contains("api_unavailable"));
    assert_eq!(client.post("/_qj/enter", r#"{"ticket":"t1"}"#).await.status(), StatusCode::OK);
    assert_eq!(client.get("/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_malformed_entry_names_the_field() {
    let (_region, _agent, client) = Region::ready().await;
    let stranger = client.anonymous();
    for body in ["", "{}", "[]", r#"{"ticket":5}"#] {
        let answer = stranger.post("/_qj/enter", body).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        assert!(String::from_utf8_lossy(answer.body()).contains("`ticket`"));
    }
    let large = stranger.post("/_qj/enter", &"x".repeat(5000)).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let foreign = stranger.request("POST", "/_qj/enter").header("origin", "https://evil.com");
    assert_eq!(stranger.send(foreign, r#"{"ticket":"t"}"#).await.status(), StatusCode::FORBIDDEN);
    let unsaid = stranger.request("POST", "/_qj/enter");
    assert_eq!(stranger.send(unsaid, r#"{"ticket":"t"}"#).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn where_embedding_is_configured_cookies_and_headers_allow_it() {
    let mut region =
        Region::start_with(|config| config.frame_ancestors = vec!["https://*.school.cn".to_owned()]).await;
    let agent = region.agent("main", super::region::TOKEN);
    region.put(route(&agent)).await;
    let client: Client = region.client("lab");
    region.api.tickets.lock().insert("t1".to_owned(), client.cookie.clone().unwrap());
    let entered = client.anonymous().post("/_qj/enter", r#"{"ticket":"t1"}"#).await;
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Secure; HttpOnly; SameSite=None; Partitioned"), "{cookie}");
    let app = client.get("/headers").await;
    assert_eq!(app.headers()["content-security-policy"], "frame-ancestors 'self' https://*.school.cn");
    let page = client.visit("/_qj/enter").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'self';") && policy.ends_with("'self' https://*.school.cn"),
        "{policy}"
    );
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
}
