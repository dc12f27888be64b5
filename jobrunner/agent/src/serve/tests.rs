use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use super::*;
use crate::testing::{TestMachine, options, soon, until};

#[tokio::test]
async fn a_second_agent_does_not_touch_the_first() {
    let machine = TestMachine::start().await;
    let second =
        Machine::start(options(machine.folder.path(), &["sh", "-c", "touch touched"]), Scope::Own).await;
    assert!(matches!(second, Err(Error::Lock(lock::Error::Held(_)))));
    assert!(!machine.home().join("touched").exists());
    assert_eq!(machine.caller().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_socket_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("home")).unwrap();
    drop(Machine::start(options(folder.path(), &[]), Scope::Own).await.unwrap());
    assert!(folder.path().join("agent.sock").exists());
    Machine::start(options(folder.path(), &[]), Scope::Own).await.unwrap();
}

#[tokio::test]
async fn a_main_command_that_does_not_end_is_killed_in_time() {
    let machine =
        TestMachine::with_command(&["sh", "-c", "trap '' TERM; touch ready; while :; do sleep 0.1; done"])
            .await;
    let ready = machine.home().join("ready");
    until(|| ready.exists()).await;
    let began = tokio::time::Instant::now();
    soon(machine.end()).await;
    assert!(began.elapsed() < STOP_MAX + Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_so() {
    let machine = TestMachine::start().await;
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(tokio::net::UnixStream::connect(machine.socket()).await.unwrap());
    }
    let refused = machine.caller().get("/state").await;
    assert_eq!(refused.problem(), (429, "too_many".to_owned()));
    assert_eq!(machine.caller().get("/healthz").await.status, 200);
    drop(open);
    soon(async { while machine.caller().get("/state").await.status != 200 {} }).await;
}

#[tokio::test]
async fn garbage_is_answered_and_closed() {
    let machine = TestMachine::start().await;
    let socket = machine.socket();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(socket).unwrap();
        stream.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    assert!(soon(answer).await.unwrap().starts_with("HTTP/1.1 400"));
    assert_eq!(machine.caller().get("/healthz").await.status, 200);
}
