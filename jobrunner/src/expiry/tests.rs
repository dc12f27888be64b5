use domain::cause::Code;
use domain::phase::{Phase, Wanted};
use domain::sandbox::{Intent, Sandbox, Status, TemplateRef};
use domain::template::{Template, version_of};
use domain::time::Timestamp;
use serde_json::json;

use super::{Due, due};

const NOW: Timestamp = Timestamp::from_ms(10_000_000);

fn template() -> Template {
    Template::parse(&json!({"machines":[{"name":"main","runs":{"process":{}},
        "resources":{"cpu_millis":100,"memory_mib":64}}],
        "policy":{"idle":{"after_s":600,"then":"stop"},"keep_home_days":1}}))
    .unwrap()
}

fn sandbox(wanted: Wanted, phase: Phase) -> Sandbox {
    let status = Status { phase, ..Status::queued(&template(), NOW) };
    let intent = Intent {
        id: "bj-abcdefghij234567".parse().unwrap(),
        r#ref: "r".parse().unwrap(),
        tenant: "t".parse().unwrap(),
        owner: "u".parse().unwrap(),
        class_id: None,
        template: TemplateRef { name: "shell".parse().unwrap(), version: version_of(&json!({})).unwrap() },
        labels: [].into(),
        parameters: [].into(),
        wanted,
        generation: 1,
        access_epoch: 1,
        home_generation: 1,
        run_since: NOW,
        expires_at: NOW.plus_s(3600),
        max_expires_at: NOW.plus_s(7200),
        queue_until: Some(NOW.plus_s(60)),
        expires_soon: false,
        idle_stop_at: None,
        wakeable: false,
        stop_cause: None,
        created_at: NOW,
    };
    Sandbox { intent, status }
}

#[test]
fn a_life_ends_at_its_moment() {
    let mut ready = sandbox(Wanted::Running, Phase::Ready);
    assert_eq!(due(&ready, &template(), 0, NOW.plus_s(3299)), Due::Nothing);
    assert_eq!(due(&ready, &template(), 0, NOW.plus_s(3300)), Due::WarnOfEnd);
    ready.intent.expires_soon = true;
    assert_eq!(due(&ready, &template(), 0, NOW.plus_s(3599)), Due::Nothing);
    let expired = Due::Stop { cause: Code::Expired, wakeable: false };
    assert_eq!(due(&ready, &template(), 0, NOW.plus_s(3600)), expired);
}

#[test]
fn waiting_ends_only_in_the_queue() {
    let ended = Due::Stop { cause: Code::QueueTimedOut, wakeable: false };
    assert_eq!(due(&sandbox(Wanted::Running, Phase::Queued), &template(), 0, NOW.plus_s(60)), ended);
    assert_eq!(due(&sandbox(Wanted::Running, Phase::Starting), &template(), 0, NOW.plus_s(60)), Due::Nothing);
}

#[test]
fn idleness_warns_then_stops_and_a_keystroke_takes_the_warning_back() {
    let mut ready = sandbox(Wanted::Running, Phase::Ready);
    assert_eq!(due(&ready, &template(), 299_000, NOW), Due::Nothing);
    assert_eq!(due(&ready, &template(), 300_000, NOW), Due::WarnOfIdleStop(Some(NOW.plus_s(300))));
    ready.intent.idle_stop_at = Some(NOW.plus_s(300));
    assert_eq!(due(&ready, &template(), 301_000, NOW), Due::Nothing);
    assert_eq!(due(&ready, &template(), 0, NOW), Due::WarnOfIdleStop(None));
    assert_eq!(due(&ready, &template(), 600_000, NOW), Due::Stop { cause: Code::Idle, wakeable: true });
}

#[test]
fn a_rest_ends_with_its_home() {
    let stopped = sandbox(Wanted::Stopped, Phase::Stopped);
    assert_eq!(due(&stopped, &template(), 0, NOW.plus_s(24 * 3600 - 1)), Due::Nothing);
    assert_eq!(due(&stopped, &template(), 0, NOW.plus_s(24 * 3600)), Due::Delete);
}
