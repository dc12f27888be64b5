use serde_json::json;

use crate::terminal::ring::RING_BYTES;
use crate::terminal::state::TABS_MAX;
use crate::testing::{TestMachine, until};

#[tokio::test]
async fn two_tabs_share_a_session_and_others_do_not() {
    let machine = TestMachine::start().await;
    let (mut a, mut b, mut other) = (machine.tab("a"), machine.tab("b"), machine.tab("c"));
    other.session = "other".to_owned();
    a.attach().await;
    b.attach().await;
    other.attach().await;
    a.type_text("X=fromA; echo $X-shown\n").await;
    b.until_screen("fromA-shown").await;
    b.type_text("echo $X-again\n").await;
    a.until_screen("fromA-again").await;
    other.type_text("echo [$X]\n").await;
    other.until_screen("[]").await;
    assert!(!other.shows("fromA"));
}

#[tokio::test]
async fn the_smallest_window_rules() {
    let machine = TestMachine::start().await;
    let (mut a, mut b) = (machine.tab("a"), machine.tab("b"));
    a.attach().await;
    b.size = (100, 20);
    let attached = b.attach().await;
    assert_eq!((attached["cols"].as_u64(), attached["rows"].as_u64()), (Some(80), Some(20)));
    assert_eq!(a.until_message("size").await, json!({"t": "size", "cols": 80, "rows": 20}));
    a.type_text("stty size\n").await;
    a.until_screen("20 80").await;
    b.say(json!({"t": "resize", "cols": 60, "rows": 50})).await;
    assert_eq!(a.until_message("size").await, json!({"t": "size", "cols": 60, "rows": 24}));
    b.lose();
    assert_eq!(a.until_message("size").await, json!({"t": "size", "cols": 80, "rows": 24}));
    a.type_text("stty size\n").await;
    a.until_screen("24 80").await;
    a.say(json!({"t": "resize", "cols": 0, "rows": 65535})).await;
    assert_eq!(a.until_message("size").await, json!({"t": "size", "cols": 1, "rows": 1000}));
}

#[tokio::test]
async fn output_goes_on_without_tabs_and_an_overrun_says_lost() {
    let machine = TestMachine::start().await;
    let home = machine.home();
    let mut tab = machine.tab("a");
    tab.attach().await;
    tab.type_text(
        "trap 'echo redrawn' WINCH; echo here; sleep 0.2; yes filling | head -c 3000000; touch done\n",
    )
    .await;
    tab.until_screen("here\r\n").await;
    tab.lose();
    until(|| home.join("done").exists()).await;
    let attached = tab.attach().await;
    assert_eq!(attached["lost"], true);
    let kept = attached["end"].as_u64().unwrap() - attached["from"].as_u64().unwrap();
    assert!(kept <= RING_BYTES as u64 && kept > RING_BYTES as u64 - 5000, "{kept}");
    tab.type_text("\n").await;
    tab.until_screen("redrawn").await;
    assert!(tab.screen.starts_with(b"filling\r\n"), "it begins with a whole line");
}

#[tokio::test]
async fn the_program_waits_for_a_tab_that_reads_slowly() {
    let machine = TestMachine::start().await;
    let home = machine.home();
    let mut tab = machine.tab("a").running(&[
        "sh",
        "-c",
        "yes slow | head -c 8000000; touch done; echo; echo end; cat",
    ]);
    tab.attach().await;
    for _ in 0..20 {
        tab.hear().await;
        assert!(!home.join("done").exists());
    }
    tab.until_screen("end").await;
    assert!(tab.screen.len() > 8_000_000, "nothing was skipped: {}", tab.screen.len());
}

#[tokio::test]
async fn a_tab_that_reports_what_it_draws_gets_no_more_than_it_can_draw() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a").running(&["sh", "-c", "yes slow | head -c 3000000; echo end; cat"]);
    tab.attach().await;
    tab.say(json!({"t": "seen", "offset": 0})).await;
    let mut reported = 0;
    while tab.seen < 3_600_000 {
        tab.hear().await;
        assert!(tab.seen - reported < 700_000, "more came than may be on its way");
        if tab.seen - reported > 200_000 {
            reported = tab.seen;
            tab.say(json!({"t": "seen", "offset": reported})).await;
        }
    }
    tab.until_screen("end").await;
}

#[tokio::test]
async fn tabs_are_limited() {
    let machine = TestMachine::start().await;
    let mut tabs = Vec::new();
    for number in 0..TABS_MAX {
        let mut tab = machine.tab(&number.to_string());
        tab.attach().await;
        tabs.push(tab);
    }
    let mut caller = machine.caller();
    let request = caller
        .request(http::Method::GET, "/terminal?session=terminal")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Protocol", "other, qj.terminal.v1")
        .body(Default::default())
        .unwrap();
    assert_eq!(caller.send(request).await.status(), 429);
}
