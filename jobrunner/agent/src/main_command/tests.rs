use serde_json::json;

use crate::testing::{TestMachine, soon};

async fn ended(machine: &TestMachine) -> serde_json::Value {
    soon(async {
        loop {
            let state = machine.caller().get("/state").await.json();
            if state["running"] == false {
                return state;
            }
        }
    })
    .await
}

#[tokio::test]
async fn last_lines_and_exit_code_stay_to_be_read() {
    let machine =
        TestMachine::with_command(&["sh", "-c", "seq 1000; echo oops >&2; printf half; exit 9"]).await;
    let state = ended(&machine).await;
    assert_eq!((state["exit_code"].as_i64(), state["signal"].as_i64()), (Some(9), None));
    let lines = state["last_lines"].as_array().unwrap();
    assert_eq!(lines.len(), 201);
    assert_eq!(lines[lines.len() - 3..], [json!("1000"), json!("oops"), json!("half")]);
    let mut caller = machine.caller();
    assert_eq!(
        caller.post("/exec", json!({"argv": ["true"]})).await.json()["exit_code"],
        0,
        "it goes on serving"
    );
}

#[tokio::test]
async fn signals_and_commands_that_are_not_there() {
    let killed = TestMachine::with_command(&["sh", "-c", "kill -9 $$"]).await;
    assert_eq!(ended(&killed).await["signal"], 9);
    let absent = TestMachine::with_command(&["/no/such/program"]).await;
    let state = ended(&absent).await;
    assert_eq!(state["exit_code"], 127);
    assert!(state["last_lines"][0].as_str().unwrap().contains("cannot start"));
}

#[tokio::test]
async fn without_one_it_counts_as_running() {
    let machine = TestMachine::start().await;
    let state = machine.caller().get("/state").await.json();
    let expected =
        json!({"running": true, "exit_code": null, "signal": null, "out_of_memory": false, "last_lines": []});
    assert_eq!(state, expected);
}

#[tokio::test]
async fn stopping_asks_it_to_end() {
    let machine = TestMachine::with_command(&[
        "sh",
        "-c",
        "trap 'echo got it > got; exit' TERM; touch ready; while :; do sleep 0.05; done",
    ])
    .await;
    let home = machine.home();
    crate::testing::until(|| home.join("ready").exists()).await;
    machine.stop.cancel();
    crate::testing::until(|| home.join("got").exists()).await;
    soon(machine.end()).await;
}
