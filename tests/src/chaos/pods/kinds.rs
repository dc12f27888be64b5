//! What the campaign's sandboxes are made from.

use serde_json::{Value, json};

use crate::chaos::templates::{self, SEAT, TERMINALS};
use crate::cluster::MACHINE_IMAGE;
use crate::processes::Machines;

/// A machine without a home.
pub(super) const PLAIN: &str = "plain";
/// A machine with a home, and another beside it: with a service and a network policy of their own.
pub(super) const PAIR: &str = "pair";
/// One that takes more memory than it may.
pub(super) const HOG: &str = "hog";
/// One whose image does not exist.
pub(super) const IMAGELESS: &str = "imageless";

/// A minute without an API server must not use up the time for a start.
const START_DEADLINE_S: u64 = 180;

/// Every template by name.
pub(super) fn all(machines: &Machines) -> [(&'static str, Value); 6] {
    let seat = small(templates::seat(machines));
    let eats = json!(["/bin/sh", "-c", "sleep 2; exec tail /dev/zero"]);
    [
        (PLAIN, plain(machines)),
        (PAIR, pair(&seat)),
        (HOG, homeless(&seat, MACHINE_IMAGE, &eats)),
        (IMAGELESS, homeless(&seat, "registry.test/nothing:1", &waits())),
        (TERMINALS, small(templates::terminals(machines))),
        (SEAT, seat),
    ]
}

/// The template [`PLAIN`].
pub(super) fn plain(machines: &Machines) -> Value {
    homeless(&small(templates::seat(machines)), MACHINE_IMAGE, &waits())
}

fn waits() -> Value {
    json!(["/bin/sleep", "2147483647"])
}

/// The same without a home, of another image and command.
fn homeless(seat: &Value, image: &str, command: &Value) -> Value {
    let mut template = seat.clone();
    let machine = &mut template["machines"][0];
    machine["runs"] = json!({"container": {"image": image, "command": command}});
    if let Some(fields) = machine.as_object_mut() {
        fields.remove("home");
    }
    template
}

/// The same with a second machine, which nobody enters.
fn pair(seat: &Value) -> Value {
    let mut peer = homeless(seat, MACHINE_IMAGE, &waits())["machines"][0].take();
    peer["name"] = json!("peer");
    if let Some(fields) = peer.as_object_mut() {
        fields.remove("apps");
    }
    let mut template = seat.clone();
    template["machines"] = json!([template["machines"][0], peer]);
    template
}

/// As little as it takes, so that a class fits on one node.
fn small(mut template: Value) -> Value {
    let machine = &mut template["machines"][0];
    machine["resources"] = json!({"cpu_millis": 100, "memory_mib": 64});
    machine["start_deadline_s"] = json!(START_DEADLINE_S);
    template
}
