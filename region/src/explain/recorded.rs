//! Answers of a region, as recorded, for tests.

use serde_json::{Value, json};

use crate::api::read;
use crate::api::view::{Event, Sandbox};

/// A sandbox in a phase.
pub(crate) fn sandbox(phase: &str) -> Sandbox {
    read("recorded", &value(phase)).unwrap()
}

/// The events that lead to `failed`.
pub(crate) fn failing() -> Vec<Event> {
    let rows = [
        ("sandbox.created", "2026-09-01T08:00:00Z", "queued"),
        ("sandbox.changed", "2026-09-01T08:00:00.020Z", "provisioning"),
        ("sandbox.changed", "2026-09-01T08:00:00.120Z", "starting"),
        ("sandbox.changed", "2026-09-01T08:00:05Z", "failed"),
    ];
    let event = |(at, (kind, moment, phase)): (usize, (&str, &str, &str))| {
        json!({"position": format!("E1.{at}"), "type": kind, "at": moment, "changed": ["phase"], "sequence": at,
               "sandbox": value(phase)})
    };
    rows.into_iter().enumerate().map(event).map(|event| read("recorded", &event).unwrap()).collect()
}

/// A ready sandbox that was extended, reset, stopped and started.
pub(crate) fn commanded() -> Vec<Event> {
    let rows = [
        ("2026-09-01T08:00:00Z", "running", json!([])),
        ("2026-09-01T08:00:10Z", "running", json!(["generation", "expires_at"])),
        (
            "2026-09-01T08:00:20Z",
            "running",
            json!(["generation", "access_epoch", "home_generation", "expires_at"]),
        ),
        ("2026-09-01T08:00:30Z", "stopped", json!(["wanted", "generation"])),
        ("2026-09-03T08:00:30Z", "running", json!(["wanted", "generation", "expires_at"])),
    ];
    let event = |(at, (moment, wanted, changed)): (usize, (&str, &str, Value))| {
        let mut sandbox = value("ready");
        sandbox["generation"] = json!(at + 1);
        sandbox["wanted"] = json!(wanted);
        let kind = if at == 0 { "sandbox.created" } else { "sandbox.changed" };
        json!({"position": format!("E1.{at}"), "type": kind, "at": moment, "changed": changed, "sandbox": sandbox})
    };
    rows.into_iter().enumerate().map(event).map(|event| read("recorded", &event).unwrap()).collect()
}

fn value(phase: &str) -> Value {
    let failed = phase == "failed";
    let cause = json!({"slug": "machine_exited", "stage": "starting", "who": "teacher", "retryable": true,
        "retry_after_s": null, "at": "2026-09-01T08:00:05Z",
        "text": {"zh": "环境中的主程序意外退出。", "en": "The main program of the environment ended unexpectedly."},
        "next": {"zh": "请重新启动或重置；若再次退出，模板作者可在原因中查看最后几行输出。", "en": "Start it again or reset it; if it ends again, the template's author finds its last lines of output in the cause."},
        "detail": "exit code 3", "last_lines": ["reading the licence", "error: licence file not found"]});
    json!({"id": "bj-abcdefghij234567", "ref": "c42-s7", "template": "fails-on-purpose@sha256:0123456789abcdef",
        "tenant": "school-9", "owner": "u-7", "class_id": "c42", "labels": {"term": "2026a"},
        "wanted": if phase == "stopped" { "stopped" } else { "running" }, "phase": phase,
        "generation": 1, "observed_generation": 1, "cause": if failed { cause } else { Value::Null },
        "queue": if phase == "queued" { json!({"place": 3, "estimate_s": [20, 60]}) } else { Value::Null },
        "apps": [{"name": "terminal", "kind": "terminal", "url": "http://terminal--bj-abcdefghij234567.localhost:8080/"}],
        "created_at": "2026-09-01T08:00:00Z", "ready_at": null, "expires_at": "2026-09-01T12:00:00Z",
        "max_expires_at": "2026-09-01T16:00:00Z", "idle_stop_at": null, "some_new_field": 1})
}
