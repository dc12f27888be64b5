use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::testing::TestMachine;

async fn app(answer: &'static str) -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, serving)
}

async fn probe(machine: &TestMachine, request: Value) -> (bool, String) {
    let verdict = machine.caller().post("/probe", request).await.json();
    (verdict["passed"].as_bool().unwrap(), verdict["detail"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn http_and_tcp() {
    let machine = TestMachine::start().await;
    let (good, _good) = app("HTTP/1.1 204 No Content\r\n\r\n").await;
    let (silent, _silent) = app("").await;
    let (rude, _rude) = app("220 mail ready\r\n").await;
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let passed = (true, String::new());
    assert_eq!(probe(&machine, json!({"http": {"port": good, "path": "/api", "status": 204}})).await, passed);
    assert_eq!(probe(&machine, json!({"tcp": {"port": good}})).await, passed);
    let wrong = probe(&machine, json!({"http": {"port": good, "path": "/api"}})).await;
    assert_eq!(wrong, (false, "/api answered 204, expected 200".to_owned()));
    assert!(!probe(&machine, json!({"http": {"port": rude}})).await.0);
    assert!(!probe(&machine, json!({"http": {"port": good, "path": "no path"}})).await.0);
    assert!(!probe(&machine, json!({"tcp": {"port": unused}})).await.0);
    let late = probe(&machine, json!({"http": {"port": silent}, "timeout_ms": 100})).await;
    assert_eq!(late, (false, "no answer within 100 ms".to_owned()));
}

#[tokio::test]
async fn commands() {
    let machine = TestMachine::start().await;
    assert_eq!(probe(&machine, json!({"command": ["true"]})).await, (true, String::new()));
    let failed = probe(&machine, json!({"command": ["sh", "-c", "echo not yet >&2; exit 3"]})).await;
    assert_eq!(failed, (false, "exit code 3: not yet".to_owned()));
    let late = probe(&machine, json!({"command": ["sleep", "1000"], "timeout_ms": 100})).await;
    assert_eq!(late, (false, "no end within 100 ms".to_owned()));
    assert!(!probe(&machine, json!({"command": ["/no/such/program"]})).await.0);
    let both = machine.caller().post("/probe", json!({"command": ["true"], "tcp": {"port": 1}})).await;
    assert_eq!(both.problem(), (400, "bad_request".to_owned()));
}
