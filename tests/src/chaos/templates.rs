//! What the campaign's sandboxes are made from.

use serde_json::{Value, json};

use super::terminals::READY;
use crate::processes::Machines;

/// The name of the small sandboxes' template.
pub(super) const SEAT: &str = "seat";
/// The name of the template with the terminals that stay open.
pub(super) const TERMINALS: &str = "terminals";

/// A shell with a home.
#[must_use]
pub(super) fn seat(machines: &Machines) -> Value {
    template(
        &machines.runs(),
        &json!([{ "name": "terminal", "kind": "terminal", "command": ["/bin/bash", "--norc"] }]),
    )
}

/// A terminal that counts, and one that repeats what is typed.
#[must_use]
pub(super) fn terminals(machines: &Machines) -> Value {
    terminals_of(&machines.runs())
}

/// The same, of machines that run this.
#[must_use]
pub(super) fn terminals_of(runs: &Value) -> Value {
    let count = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done";
    let repeat = format!("stty -echo; echo {READY}; exec cat");
    template(
        runs,
        &json!([
            { "name": "count", "kind": "terminal", "command": ["/bin/sh", "-c", count] },
            { "name": "repeat", "kind": "terminal", "command": ["/bin/sh", "-c", repeat] },
        ]),
    )
}

fn template(runs: &Value, apps: &Value) -> Value {
    json!({
        "machines": [{
            "name": "main", "runs": runs,
            "resources": { "cpu_millis": 250, "memory_mib": 128 },
            "home": { "path": "/home/student", "size_mib": 64 },
            "apps": apps, "start_deadline_s": 60,
        }],
        "policy": { "lifetime_s": 14400, "max_lifetime_s": 28800, "keep_home_days": 1 },
    })
}
