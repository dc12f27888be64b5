use serde_json::json;

use crate::testing::{Heard, TestMachine, soon};

mod paste;
mod sharing;
mod state;

#[tokio::test]
async fn echoes() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a");
    let attached = tab.attach().await;
    assert_eq!(
        (attached["from"].as_u64(), attached["lost"].as_bool(), attached["input"].as_u64()),
        (Some(0), Some(false), Some(0))
    );
    assert_eq!((attached["cols"].as_u64(), attached["rows"].as_u64()), (Some(80), Some(24)));
    tab.type_text("echo 1$((2+3))4; pwd; echo $HOME $TERM\n").await;
    tab.until_screen("154").await;
    let home = machine.home();
    tab.until_screen(&format!("{}\r\n{} xterm", home.display(), home.display())).await;
    while !tab.unacknowledged.is_empty() {
        tab.hear().await;
    }
}

#[tokio::test]
async fn a_reload_replays_and_goes_on() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a");
    let first = tab.attach().await;
    tab.type_text("X=42; echo before-$X\n").await;
    tab.until_screen("before-42").await;
    tab.lose();

    let mut reloaded = machine.tab("b");
    let second = reloaded.attach().await;
    assert_eq!(second["incarnation"], first["incarnation"]);
    reloaded.until_screen("before-42").await;
    reloaded.type_text("echo after-$X\n").await;
    reloaded.until_screen("after-42").await;

    let third = tab.attach().await;
    assert_eq!((third["lost"].as_bool(), third["input"].as_u64()), (Some(false), Some(1)));
    tab.until_screen("after-42").await;
    reloaded.type_text("exit\n").await;
    // The exit comes after everything that was drawn: only then are two screens comparable.
    tab.until_message("exit").await;
    reloaded.until_message("exit").await;
    assert_eq!(tab.screen, reloaded.screen, "both have the same whole screen");
}

#[tokio::test]
async fn exit_is_told_and_a_later_attach_starts_anew() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a");
    let first = tab.attach().await;
    tab.type_text("echo bye; exit 7\n").await;
    let exit = tab.until_message("exit").await;
    assert_eq!(exit, json!({"t": "exit", "exit_code": 7, "signal": null}));
    assert!(tab.shows("bye\r\n"));

    let again = tab.attach_here().await;
    assert_ne!(again["incarnation"], first["incarnation"]);
    assert_eq!((again["lost"].as_bool(), again["input"].as_u64()), (Some(true), Some(1)));
    tab.type_text("echo here-a$((1+1))gain\n").await;
    tab.until_screen("here-a2gain").await;
    tab.type_text("kill -9 $$\n").await;
    let exit = tab.until_message("exit").await;
    assert_eq!(exit, json!({"t": "exit", "exit_code": null, "signal": 9}));
}

#[tokio::test]
async fn a_background_job_does_not_delay_the_exit() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a").running(&["sh", "-c", "trap '' HUP; sleep 1000 & echo pid-$!-; exit 3"]);
    tab.attach().await;
    assert_eq!(tab.until_message("exit").await["exit_code"], 3);
    let screen = String::from_utf8_lossy(&tab.screen).into_owned();
    let pid = screen.split('-').nth(1).unwrap().to_owned();
    std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_there_says_so() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a").running(&["/no/such/program"]);
    tab.attach().await;
    assert_eq!(tab.until_message("exit").await["exit_code"], 127);
    assert!(tab.shows("cannot start the program"), "{:?}", String::from_utf8_lossy(&tab.screen));
}

#[tokio::test]
async fn repeated_input_is_not_typed_twice_and_a_gap_closes() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a");
    tab.attach().await;
    for _ in 0..3 {
        tab.send_input(1, b"echo n=$((N=N+1))\n").await;
    }
    tab.send_input(2, b"echo total=$N.\n").await;
    tab.until_screen("total=1.").await;
    while tab.acks.last() != Some(&2) {
        tab.hear().await;
    }
    let before = tab.acks.len();
    tab.send_input(2, b"echo total=$N.\n").await;
    tab.until_acks(before + 1).await;
    assert_eq!(tab.acks.last(), Some(&2), "a repeat is acknowledged");
    tab.send_input(4, b"echo never\n").await;
    assert_eq!(tab.until_closed().await, 4002);

    assert_eq!(tab.attach().await["input"], 2);
    tab.send_input(3, b"echo on\n").await;
    tab.until_screen("\non\r\n").await;
    assert!(!tab.shows("never"));
}

#[tokio::test]
async fn an_old_tab_goes_on_after_the_agent_was_replaced() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a");
    tab.incarnation = Some("of another life".to_owned());
    tab.seen = 1_000_000;
    let attached = tab.attach().await;
    assert_eq!((attached["lost"].as_bool(), attached["from"].as_u64()), (Some(true), Some(0)));
    tab.send_input(57, b"echo o$((0))k\n").await;
    tab.until_screen("o0k").await;
}

#[tokio::test]
async fn bad_frames_close_and_unknown_ones_are_ignored() {
    let machine = TestMachine::start().await;
    for bad in ["nonsense", "{}", r#"{"t":"resize","cols":-1,"rows":2}"#, r#"{"t":"seen"}"#] {
        let mut tab = machine.tab("a");
        tab.attach().await;
        tab.say(json!({"t": "of a later release", "x": 1})).await;
        tab.type_text("echo o$((0))k\n").await;
        tab.until_screen("o0k").await;
        tab.send(tokio_tungstenite::tungstenite::Message::text(bad)).await;
        assert_eq!(tab.until_closed().await, 4000, "{bad}");
    }
    let mut tab = machine.tab("a");
    tab.open().await;
    tab.say(json!({"t": "resize", "cols": 1, "rows": 1})).await;
    assert_eq!(tab.until_closed().await, 4000);
    let mut tab = machine.tab("a");
    tab.attach().await;
    tab.send(tokio_tungstenite::tungstenite::Message::binary(vec![1, 2, 3])).await;
    assert_eq!(tab.until_closed().await, 4000);
}

#[tokio::test]
async fn stopping_tells_the_tabs_and_ends_the_programs() {
    let machine = TestMachine::start().await;
    let script = "trap 'echo bye > hup; exit' HUP; sed -u s/ping/pong/";
    let mut tab = machine.tab("a").running(&["sh", "-c", script]);
    tab.attach().await;
    // A child that the shell has forked but not yet turned into `sed` would lose the signal: its answer proves it is.
    tab.type_text("ping\n").await;
    tab.until_screen("pong").await;
    machine.stop.cancel();
    assert_eq!(tab.until_closed().await, 4001);
    let home = machine.home();
    crate::testing::until(|| home.join("hup").exists()).await;
    tab.lose();
    soon(machine.end()).await;
}

#[tokio::test]
async fn the_same_tab_twice_keeps_the_newer_connection() {
    let machine = TestMachine::start().await;
    let (mut old, mut new) = (machine.tab("a"), machine.tab("a"));
    old.attach().await;
    new.attach().await;
    assert_eq!(old.until_closed().await, 1000);
    new.type_text("echo o$((0))k\n").await;
    new.until_screen("o0k").await;
    assert!(matches!(old.hear().await, Heard::Gone));
}
