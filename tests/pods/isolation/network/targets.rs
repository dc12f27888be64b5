//! What a student's processes may try to reach in the test cluster.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tests::cluster::NODES;

/// Two servers on the internet.
pub(super) const OUTSIDE_A: &str = "a public server";
pub(super) const OUTSIDE_A_ADDRESS: &str = "192.0.2.100";
pub(super) const OUTSIDE_B: &str = "another public server";
pub(super) const DNS: &str = "the cluster's names";
const KUBELET_PORT: u16 = 10_250;
/// What an attempt says once all have been made.
const DONE: &str = "all were tried";

/// Something that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) address: String,
    port: u16,
}

impl Target {
    pub(super) fn new(name: impl Into<String>, address: &str, port: u16) -> Self {
        Self { name: name.into(), address: address.to_owned(), port }
    }
}

/// What is there without anybody's doing.
pub(super) fn of_the_cluster() -> Vec<Target> {
    let kubelets =
        NODES.map(|(node, address)| Target::new(format!("the kubelet of {node}"), address, KUBELET_PORT));
    let fixed = [
        ("the clouds' metadata", "169.254.169.254", 80),
        ("Alibaba Cloud's metadata", "100.100.100.200", 80),
        ("the API server", "192.0.2.10", 6443),
        ("the API server by its service", "10.96.0.1", 443),
        ("the registry on the nodes' network", "192.0.2.1", 5000),
        (OUTSIDE_A, OUTSIDE_A_ADDRESS, 8080),
        (OUTSIDE_B, "192.0.2.200", 8080),
        (DNS, "10.96.0.10", 53),
    ];
    let fixed = fixed.map(|(name, address, port)| Target::new(name, address, port));
    fixed.into_iter().chain(kubelets).collect()
}

/// A shell script that tries all of them at once and names those that let it in.
pub(super) fn attempts(targets: &[Target]) -> String {
    let mut script = String::new();
    for Target { name, address, port } in targets {
        // Writing into a string cannot fail.
        let _ =
            writeln!(script, "(nc -w 2 {address} {port} </dev/null >/dev/null 2>&1 && echo \"{name}\") &");
    }
    script + &format!("wait; echo {DONE}")
}

/// The names in what such a script said.
pub(super) fn reachable(said: &str) -> BTreeSet<String> {
    assert!(said.contains(DONE), "the attempts were not made: {said}");
    said.lines().filter(|line| *line != DONE).map(ToOwned::to_owned).collect()
}
