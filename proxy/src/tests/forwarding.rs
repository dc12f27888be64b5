//! What of a request reaches an app, and what of its answer reaches the visitor.

use http::StatusCode;

use super::region::Region;

#[tokio::test]
async fn a_request_reaches_the_app_without_what_is_ours() {
    let (_region, agent, client) = Region::ready().await;
    let request = client.request("POST", "/a/%2e%2e/b?x=%2F");
    let request = request
        .header("x-forwarded-for", "6.6.6.6")
        .header("x_forwarded_for", "6.6.6.6")
        .header("forwarded", "for=6.6.6.6")
        .header("x-real-ip", "6.6.6.6")
        .header("proxy-authorization", "Basic x")
        .header("te", "trailers")
        .header("keep-alive", "timeout=1")
        .header("x-hop", "1")
        .header("connection", "x-hop, host, cookie")
        .header("authorization", "Bearer the-apps-own");
    let answer = client.send(request, "hello").await;
    assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::OK, &b"main got 5 bytes"[..]));

    let got = agent.app.last();
    assert_eq!((got.method.as_str(), got.path.as_str()), ("POST", "/a/%2e%2e/b?x=%2F"));
    let header = |name: &str| got.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("host").unwrap(), client.host);
    assert_eq!(header("x-forwarded-for").unwrap(), "127.0.0.1");
    assert_eq!(header("x-forwarded-proto").unwrap(), "http");
    assert_eq!(header("x-forwarded-host").unwrap(), client.host);
    assert_eq!(header("authorization").unwrap(), "Bearer the-apps-own");
    for gone in
        ["x_forwarded_for", "forwarded", "x-real-ip", "proxy-authorization", "te", "keep-alive", "x-hop"]
    {
        assert_eq!(header(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn our_cookie_never_reaches_the_app() {
    let (_region, agent, client) = Region::ready().await;
    client.get("/").await;
    assert_eq!(agent.app.last().headers["cookie"], "theme=dark; lang=zh");

    let cookie = client.cookie.clone().unwrap();
    let tricks = [
        format!("__Host-qj={cookie}"),
        format!("a=b;__Host-qj={cookie};  __Host-qj ={cookie}"),
        format!("__host-QJ={cookie}; __Host-qj={cookie}"),
        format!("__Host-qj={cookie}; __Host-qj"),
    ];
    for trick in tricks {
        let request = client.anonymous().request("GET", "/").header("cookie", &trick);
        assert_eq!(client.send(request, "").await.status(), StatusCode::OK, "{trick}");
        let got = agent.app.last();
        let text = format!("{:?}", got.headers);
        assert!(!text.contains(&cookie) && !text.to_lowercase().contains("__host-qj"), "{trick}: {text}");
    }
}

#[tokio::test]
async fn an_answer_loses_what_is_ours_to_say() {
    let (_region, _agent, client) = Region::ready().await;
    let answer = client.get("/headers").await;
    let all = |name: &str| -> Vec<String> {
        answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(all("set-cookie"), ["own=1; Path=/"]);
    assert_eq!(
        all("content-security-policy"),
        ["frame-ancestors 'self'", "default-src 'self'", "script-src 'self'"]
    );
    for gone in ["x-frame-options", "clear-site-data", "alt-svc", "keep-alive"] {
        assert!(all(gone).is_empty(), "{gone}");
    }
    assert_eq!(all("x-kept"), ["yes"]);
}

#[tokio::test]
async fn ports_of_a_range_are_reached_and_no_others() {
    let (region, agent, client) = Region::ready().await;
    let host = |app: &str| client.host.replace("lab--", &format!("{app}--"));
    let cookie = region.client("dev").cookie.unwrap();
    let get = async |app: &str| {
        let visitor = super::client::Client { host: host(app), ..client.with_cookie(&cookie) };
        visitor.get("/").await.status()
    };
    assert_eq!(get("dev-8888").await, StatusCode::OK);
    // 8880, the first of the range, is the app's own: nothing listens there.
    assert_eq!(get("dev").await, StatusCode::BAD_GATEWAY);
    assert_eq!(get("dev-8889").await, StatusCode::NOT_FOUND);
    assert_eq!(get("dev-22").await, StatusCode::NOT_FOUND);
    assert_eq!(agent.app.got.lock().len(), 1);
}

#[tokio::test]
async fn an_app_that_is_down_is_told_apart_from_a_machine_that_is() {
    let (_region, agent, client) = Region::ready().await;
    agent.app_is_up.store(false, std::sync::atomic::Ordering::SeqCst);
    let answer = client.get("/").await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(String::from_utf8_lossy(answer.body()).contains("app_not_listening"));
}
