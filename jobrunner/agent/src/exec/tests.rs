use std::time::{Duration, Instant};

use http::Method;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::EXECS_MAX;
use crate::testing::{TestMachine, soon, until};

fn sh(script: &str) -> Value {
    json!({"argv": ["sh", "-c", script]})
}

#[tokio::test]
async fn answers_with_output_and_exit_code() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    let mut request = sh("echo out; echo err >&2; cat; echo $X $HOME; pwd; exit 5");
    request["stdin"] = json!("typed\n");
    request["env"] = json!({"X": "42"});
    let answer = caller.post("/exec", request).await.json();
    let home = machine.home();
    let stdout = format!("out\ntyped\n42 {0}\n{0}\n", home.display());
    assert_eq!((answer["stdout"].as_str(), answer["stderr"].as_str()), (Some(&*stdout), Some("err\n")));
    assert_eq!((answer["exit_code"].as_i64(), answer["signal"].as_i64()), (Some(5), None));
    assert_eq!((answer["timed_out"].as_bool(), answer["truncated"].as_bool()), (Some(false), Some(false)));
    let killed = caller.post("/exec", sh("kill -9 $$")).await.json();
    assert_eq!((killed["exit_code"].as_i64(), killed["signal"].as_i64()), (None, Some(9)));
}

#[tokio::test]
async fn a_timeout_kills_the_whole_group() {
    let machine = TestMachine::start().await;
    let mut request = sh("sh -c 'trap \"\" TERM; echo $$ > child; sleep 1000' & echo begun; sleep 1000");
    request["timeout_s"] = json!(1);
    let answer = machine.caller().post("/exec", request).await.json();
    assert_eq!((answer["timed_out"].as_bool(), answer["signal"].as_i64()), (Some(true), Some(9)));
    assert_eq!(answer["stdout"], "begun\n");
    let child = std::fs::read_to_string(machine.home().join("child")).unwrap();
    until(|| is_dead(child.trim())).await;
}

/// Gone, or a zombie whose parent has not looked yet.
fn is_dead(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with('Z') || rest.is_empty())
}

#[tokio::test]
async fn output_is_limited_and_the_command_goes_on() {
    let machine = TestMachine::start().await;
    let mut request = sh("yes | head -c 5000000; echo done > done");
    request["output_limit_bytes"] = json!(1000);
    let answer = machine.caller().post("/exec", request).await.json();
    assert_eq!((answer["truncated"].as_bool(), answer["exit_code"].as_i64()), (Some(true), Some(0)));
    assert_eq!(answer["stdout"].as_str().unwrap().len(), 1000);
    assert!(machine.home().join("done").exists());
}

#[tokio::test]
async fn large_input_and_output_do_not_block_each_other() {
    let machine = TestMachine::start().await;
    let text = "0123456789".repeat(100_000);
    let answer = machine.caller().post("/exec", json!({"argv": ["cat"], "stdin": text})).await.json();
    assert_eq!(answer["stdout"].as_str().unwrap().len(), text.len());
    let unread = machine.caller().post("/exec", json!({"argv": ["true"], "stdin": text})).await.json();
    assert_eq!(unread["exit_code"], 0);
}

#[tokio::test]
async fn a_background_process_does_not_hold_the_answer() {
    let machine = TestMachine::start().await;
    let began = Instant::now();
    let answer = machine.caller().post("/exec", sh("sleep 1000 & echo $!")).await.json();
    assert!(began.elapsed() < Duration::from_secs(20));
    let pid = answer["stdout"].as_str().unwrap().trim().to_owned();
    assert!(!is_dead(&pid), "it was not killed");
    std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
}

#[tokio::test]
async fn streams_lines_as_it_runs() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    let script = "echo first; while [ ! -e go ]; do sleep 0.01; done; printf '\\344\\270'; sleep 0.1; printf '\\255'; exit 3";
    let request = caller.request(Method::POST, "/exec").header("Accept", "application/x-ndjson");
    let response = caller.send(request.body(Full::from(sh(script).to_string())).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let mut body = response.into_body();
    let first = soon(body.frame()).await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(&first[..], b"{\"stream\":\"stdout\",\"data\":\"first\\n\"}\n");
    std::fs::write(machine.home().join("go"), "").unwrap();
    let rest = String::from_utf8(soon(body.collect()).await.unwrap().to_bytes().to_vec()).unwrap();
    let lines: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text: String = lines.iter().filter_map(|line| line["data"].as_str()).collect();
    assert_eq!(text, "中");
    assert_eq!(lines.last().unwrap()["exit_code"], 3);
}

#[tokio::test]
async fn a_caller_who_leaves_ends_the_command() {
    let machine = TestMachine::start().await;
    for accept in ["application/json", "application/x-ndjson"] {
        let mut caller = machine.caller();
        let pid_file = machine.home().join("pid");
        let request = caller.request(Method::POST, "/exec").header("Accept", accept);
        let request = request
            .body(Full::from(sh("echo $$ > pid.new; mv pid.new pid; sleep 1000").to_string()))
            .unwrap();
        tokio::select! {
            () = async { let _body = caller.send(request).await; std::future::pending().await } => {}
            () = until(|| pid_file.exists()) => {}
        }
        drop(caller);
        let pid = std::fs::read_to_string(&pid_file).unwrap();
        until(|| is_dead(pid.trim())).await;
        std::fs::remove_file(pid_file).unwrap();
    }
}

#[tokio::test]
async fn bad_requests_name_the_field() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    for (request, word) in [
        (json!({"argv": []}), "argv"),
        (json!({"argv": ["x"], "timeout_s": 0}), "timeout_s"),
        (json!({"argv": ["x"], "output_limit_bytes": 1_000_000_000}), "output_limit_bytes"),
        (json!({"argv": ["x"], "cwd": "/no/such"}), "cwd"),
        (json!({"argv": ["x"], "env": {"A=B": "1"}}), "A=B"),
        (json!({"argv": ["/no/such/program"]}), "/no/such/program"),
    ] {
        let answer = caller.post("/exec", request).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()["detail"].as_str().unwrap().contains(word), "{word}");
    }
}

#[tokio::test]
async fn commands_are_limited_in_number() {
    let machine = TestMachine::start().await;
    let mut running = Vec::new();
    for _ in 0..EXECS_MAX {
        let mut caller = machine.caller();
        let request = caller.request(Method::POST, "/exec").header("Accept", "application/x-ndjson");
        let response = caller.send(request.body(Full::from(sh("sleep 1000").to_string())).unwrap()).await;
        running.push((caller, response));
    }
    let refused = machine.caller().post("/exec", sh("true")).await;
    assert_eq!(refused.problem(), (429, "too_many".to_owned()));
    drop(running);
    soon(async { while machine.caller().post("/exec", sh("true")).await.status != 200 {} }).await;
}
