use crate::testing::{Heard, TestMachine, soon};

const PASTE_BYTES: usize = 1_000_000;
const RAW_CAT: [&str; 3] = ["sh", "-c", "stty raw -echo; echo ready; exec cat"];

/// A small generator, so that a failure can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn text() -> Vec<u8> {
    (0..).flat_map(|number: u32| format!("{number} ").into_bytes()).take(PASTE_BYTES).collect()
}

#[tokio::test]
async fn a_megabyte_in_one_frame_arrives_once() {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a").running(&RAW_CAT);
    tab.attach().await;
    tab.until_screen("ready\n").await;
    let begin = tab.screen.len();
    tab.type_text(text()).await;
    while tab.screen.len() < begin + PASTE_BYTES || !tab.unacknowledged.is_empty() {
        tab.hear().await;
    }
    assert!(tab.screen.ends_with(&text()));
}

#[tokio::test]
async fn a_megabyte_arrives_once_however_often_the_connection_breaks() {
    for seed in 1..=6 {
        println!("seed {seed}");
        soon(paste_with_breaks(Dice(seed))).await;
    }
}

async fn paste_with_breaks(mut dice: Dice) {
    let machine = TestMachine::start().await;
    let mut tab = machine.tab("a").running(&RAW_CAT);
    tab.attach().await;
    tab.until_screen("ready\n").await;
    let (text, begin) = (text(), tab.screen.len());
    let (mut sent, mut breaks) = (0, 0);
    while tab.screen.len() < begin + PASTE_BYTES || !tab.unacknowledged.is_empty() {
        if sent < text.len() && tab.unacknowledged.len() < 8 {
            let end = text.len().min(sent + 1 + dice.below(30_000) as usize);
            tab.type_text(&text[sent..end]).await;
            sent = end;
        } else {
            match tab.hear().await {
                Heard::Message(_) | Heard::Output(_) => {}
                other => panic!("{other:?}"),
            }
        }
        if dice.below(12) == 0 && breaks < 40 {
            breaks += 1;
            tab.lose();
            assert_eq!(tab.attach().await["lost"], false);
        }
    }
    assert!(breaks > 5, "only {breaks} breaks");
    assert!(tab.screen[begin..] == text[..], "what came back is not what was typed");
}
