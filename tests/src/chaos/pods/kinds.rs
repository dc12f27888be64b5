//! What the campaign's sandboxes are made from.

use serde_json::{Value, json};

use crate::chaos::templates::{self, SEAT, TERMINALS};
use crate::cluster::MACHINE_IMAGE;
use crate::processes::Machines;

/// A machine without a home.
pub(super) const PLAIN: &str = "plain";
/// One that takes more memory than it may.
pub(super) const HOG: &str = "hog";
/// One whose image does not exist.
pub(super) const IMAGELESS: &str = "imageless";

/// A minute without an API server must not use up the time for a start.
const START_DEADLINE_S: u64 = 180;

/// Every template by name.
pub(super) fn all(machines: &Machines) -> [(&'static str, Value); 5] {
    let seat = templates::seat(machines);
    let runs = |image: &str, command: Value| {
        let mut plain = seat.clone();
        let machine = &mut plain["machines"][0];
        machine["runs"] = json!({"container": {"image": image, "command": command}});
        if let Some(fields) = machine.as_object_mut() {
            fields.remove("home");
        }
        plain
    };
    let waits = json!(["/bin/sleep", "2147483647"]);
    let eats = json!(["/bin/sh", "-c", "sleep 2; exec tail /dev/zero"]);
    [
        (SEAT, seat.clone()),
        (TERMINALS, templates::terminals(machines)),
        (PLAIN, runs(MACHINE_IMAGE, waits.clone())),
        (HOG, runs(MACHINE_IMAGE, eats)),
        (IMAGELESS, runs("registry.test/nothing:1", waits)),
    ]
    .map(|(name, template)| (name, small(template)))
}

/// As little as it takes, so that a class fits on one node.
fn small(mut template: Value) -> Value {
    let machine = &mut template["machines"][0];
    machine["resources"] = json!({"cpu_millis": 100, "memory_mib": 64});
    machine["start_deadline_s"] = json!(START_DEADLINE_S);
    template
}
