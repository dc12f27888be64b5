use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::testing::TestMachine;

#[tokio::test]
async fn the_command_reads_files_and_secrets_go_away() {
    let machine = TestMachine::start().await;
    let folder = machine.home().join(".qj/bind");
    let script = "cat $QJ_BIND/parameters/lesson $QJ_BIND/parameters/tasks $QJ_BIND/secrets/git_token; \
                  stat -c %a $QJ_BIND/secrets/git_token; exit 4";
    let answer = machine
        .caller()
        .post(
            "/bind",
            json!({"command": ["sh", "-c", script], "parameters": {"lesson": "3", "tasks": [1, 2]},
                "secrets": {"git_token": "s3cret"}, "deadline_s": 20}),
        )
        .await
        .json();
    assert_eq!(
        (answer["exit_code"].as_i64(), answer["stdout"].as_str()),
        (Some(4), Some("3[1,2]s3cret600\n"))
    );
    assert!(!folder.join("secrets").exists());
    let mode = std::fs::metadata(folder.join("parameters/lesson")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let again =
        machine.caller().post("/bind", json!({"parameters": {"other": "1"}, "secrets": {"a": "b"}})).await;
    assert_eq!(again.json()["exit_code"], 0);
    assert!(!folder.join("parameters/lesson").exists(), "an earlier bind leaves nothing");
    assert!(folder.join("parameters/other").exists() && !folder.join("secrets").exists());
}

#[tokio::test]
async fn a_deadline_and_bad_names() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    let slow = json!({"command": ["sleep", "1000"], "secrets": {"a": "b"}, "deadline_s": 1});
    assert_eq!(caller.post("/bind", slow).await.json()["timed_out"], true);
    assert!(!machine.home().join(".qj/bind/secrets").exists());
    for name in ["../x", "", ".hidden", "a/b"] {
        let answer = caller.post("/bind", json!({"secrets": {name: "s3cret"}})).await;
        assert_eq!(answer.problem(), (400, "bad_request".to_owned()));
        assert!(!String::from_utf8_lossy(&answer.body).contains("s3cret"));
    }
    assert!(!machine.home().join(".qj/x").exists());
}
