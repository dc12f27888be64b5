use http::Method;
use serde_json::json;

use crate::testing::{Caller, Mint, TestMachine};

#[tokio::test]
async fn health_needs_no_token_and_everything_else_does() {
    let machine = TestMachine::start().await;
    let mut stranger = Caller::new(machine.socket(), "nonsense".to_owned());
    let health = stranger.get("/healthz").await;
    assert_eq!((health.status.as_u16(), health.json()), (200, json!({"agent": env!("CARGO_PKG_VERSION")})));
    let requests = [
        (Method::CONNECT, "127.0.0.1:1"),
        (Method::GET, "/terminal?session=a"),
        (Method::POST, "/exec"),
        (Method::GET, "/files?path=a"),
        (Method::PUT, "/files?path=a"),
        (Method::DELETE, "/files?path=a"),
        (Method::POST, "/bind"),
        (Method::POST, "/probe"),
        (Method::GET, "/state"),
    ];
    for (method, target) in requests {
        let refused = stranger.ask(method, target, "").await;
        assert_eq!(refused.problem(), (403, "token_refused".to_owned()), "{target}");
    }
}

#[tokio::test]
async fn each_request_needs_its_verb() {
    let machine = TestMachine::start().await;
    let requests = [
        (Method::CONNECT, "127.0.0.1:1", "connect"),
        (Method::GET, "/terminal?session=a", "terminal"),
        (Method::POST, "/exec", "exec"),
        (Method::GET, "/files?path=/", "files"),
        (Method::PUT, "/files?path=/", "files"),
        (Method::DELETE, "/files?path=/", "files"),
        (Method::POST, "/bind", "bind"),
        (Method::POST, "/probe", "probe"),
        (Method::GET, "/state", "probe"),
    ];
    for (method, target, verb) in requests {
        let others = Mint::default().verbs.into_iter().filter(|other| *other != verb).collect();
        let mut without = Caller::new(machine.socket(), Mint { verbs: others, ..Mint::default() }.token());
        let refused = without.ask(method.clone(), target, "").await;
        assert_eq!(refused.problem(), (403, "token_refused".to_owned()), "{verb}");
        let mut with = Caller::new(machine.socket(), Mint { verbs: vec![verb], ..Mint::default() }.token());
        let answer = with.ask(method, target, "").await;
        assert!(answer.status == 200 || answer.problem().1 != "token_refused", "{verb}");
    }
}

#[tokio::test]
async fn expired_and_foreign_tokens_are_refused() {
    let machine = TestMachine::start().await;
    let wrong = [
        Mint { exp: 1_700_000_000, ..Mint::default() },
        Mint { sandbox: "bj-2", ..Mint::default() },
        Mint { machine: "db", ..Mint::default() },
        Mint { incarnation: 2, ..Mint::default() },
        Mint { purpose: "cookie", ..Mint::default() },
    ];
    for mint in wrong {
        let token = mint.token();
        let refused = Caller::new(machine.socket(), token.clone()).get("/state").await;
        assert_eq!(refused.problem(), (403, "token_refused".to_owned()));
        assert!(!String::from_utf8_lossy(&refused.body).contains(&token));
    }
}

#[tokio::test]
async fn wrong_paths_methods_and_bodies_are_explained() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    assert_eq!(caller.get("/nothing").await.problem(), (404, "not_found".to_owned()));
    let wrong_method = caller.get("/exec").await;
    assert_eq!(wrong_method.problem(), (405, "method_not_allowed".to_owned()));
    assert!(wrong_method.json()["detail"].as_str().unwrap().contains("POST"));
    let no_json = caller.ask(Method::POST, "/exec", "{\"argv\":").await;
    assert_eq!(no_json.problem(), (400, "bad_request".to_owned()));
    let no_argv = caller.post("/exec", json!({})).await;
    assert!(no_argv.json()["detail"].as_str().unwrap().contains("argv"));
    let huge = caller.ask(Method::POST, "/exec", vec![b' '; 2 * 1024 * 1024 + 1]).await;
    assert_eq!(huge.problem(), (413, "too_large".to_owned()));
    assert_eq!(caller.get("/terminal?session=a").await.problem(), (426, "upgrade_required".to_owned()));
    assert_eq!(caller.get("/terminal?session=a/b").await.problem(), (400, "bad_request".to_owned()));
    assert_eq!(caller.get("/terminal").await.problem(), (400, "bad_request".to_owned()));
}
