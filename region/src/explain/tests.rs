use super::*;
use crate::api::view::Cause;

fn told(phase: &str, language: Language) -> String {
    let now = "2026-09-01T08:10:00Z".parse().unwrap();
    let events = if phase == "failed" { recorded::failing() } else { Vec::new() };
    story(&recorded::sandbox(phase), &events, now, language)
}

#[test]
fn a_failure_is_told_with_cause_remedy_output_and_timeline() {
    let expected = "\
bj-abcdefghij234567 was made from template fails-on-purpose (sha256:01234567) for u-7 of tenant school-9, in class c42, as ref c42-s7, at 2026-09-01T08:00:00Z.

Now: failed: The main program of the environment ended unexpectedly. (wanted: running)
  Cause: machine_exited (while starting)
  What to do: Start it again or reset it; if it ends again, the template's author finds its last lines of output in the cause. (for the teacher or the template's author)
  Details: exit code 3
  Its last lines of output:
    │ reading the licence
    │ error: licence file not found

What happens next: nothing by itself: start it again, reset it or delete it.
  region sandbox start bj-abcdefghij234567

Timeline:
  2026-09-01 08:00:00           created; queued
  08:00:00    +20ms  provisioning
  08:00:00   +100ms  starting
  08:00:05      +4s  failed; The main program of the environment ended unexpectedly. (exit code 3)
";
    assert_eq!(told("failed", Language::En), expected);
}

#[test]
fn a_queued_one_knows_its_place() {
    let text = told("queued", Language::En);
    assert!(text.contains("Now: queued: place 3 in the queue, about 20 to 60 s"), "{text}");
    assert!(text.contains("it starts by itself when its turn comes"), "{text}");
}

#[test]
fn who_waits_reads_what_is_missing() {
    let missing = "no node can take it: not enough free memory";
    let mut sandbox = recorded::sandbox("queued");
    let cause = recorded::sandbox("failed").cause.map(|cause| Cause {
        slug: "no_capacity".to_owned(),
        detail: Some(missing.to_owned()),
        ..cause
    });
    sandbox.cause = cause;
    let now = "2026-09-01T08:10:00Z".parse().unwrap();
    let text = story(&sandbox, &[], now, Language::En);
    assert!(text.contains("Now: queued: place 3 in the queue"), "{text}");
    assert!(text.contains(&format!("Details: {missing}\n")), "{text}");
}

#[test]
fn a_living_one_says_why_and_until_when() {
    let text = told("ready", Language::En);
    assert!(text.contains("Its time ends at 2026-09-01T12:00:00Z: 3h 50m left."), "{text}");
    assert!(text.contains("It can be extended until 2026-09-01T16:00:00Z."), "{text}");
    assert!(text.contains("region sandbox open bj-abcdefghij234567"), "{text}");
}

#[test]
fn the_story_is_told_in_chinese_too() {
    let text = told("failed", Language::Zh);
    for words in [
        "是为租户 school-9 的 u-7 创建的环境",
        "现在：failed",
        "下一步: 请重新启动或重置",
        "接下来：不会自动重试",
        "经过：",
        "已创建",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
}

#[test]
fn every_phase_has_a_next_step() {
    for phase in domain::phase::Phase::ALL {
        for language in [Language::En, Language::Zh] {
            let text = told(phase.as_str(), language);
            assert!(!text.contains("the region decides") && !text.contains("由区域决定"), "{phase}");
        }
    }
}
