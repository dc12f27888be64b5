//! Why the scheduler finds no node for a pod, from its message: which resource is missing, or which rule keeps nodes
//! away. Numbers of nodes are left out: they change with every node and machine, and people are told of each change.

use std::collections::BTreeSet;
use std::fmt;

use domain::cause::Code;
use domain::provider::Wait;

use crate::words;

/// What comes before the reasons, after the number of nodes.
const AVAILABLE: &str = "nodes are available: ";
/// What comes after them: whether it helps to put other pods out.
const TRIED: [&str; 2] = [" no new claims to deallocate", " preemption: "];
/// The cluster has no node at all.
const NO_NODES: &str = "no nodes available to schedule pods";

/// Why one node, or all of them, cannot take a pod. In the order in which people are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// Not enough of a resource is free.
    Lacks(String),
    /// As many pods as may be on a node.
    TooManyPods,
    /// A taint, with its key and value when the scheduler tells (until 1.34 it did).
    Taint(Option<String>),
    /// Labels that the pod asks for.
    Selector,
    /// No new pods go there.
    Cordoned,
    /// Something about a volume.
    Volume(String),
    /// Anything else.
    Other(String),
}

/// What a pod without a node waits for: room, unless it is its home's volume that cannot come there.
pub(super) fn unscheduled(message: &str) -> Wait {
    let reasons = reasons(message);
    let is_room = reasons.iter().any(|reason| matches!(reason, Reason::Lacks(_) | Reason::TooManyPods));
    let is_volume = reasons.iter().any(|reason| matches!(reason, Reason::Volume(_)));
    let code = if is_volume && !is_room { Code::VolumeUnavailable } else { Code::NoCapacity };
    Wait { code, detail: sentence(&reasons) }
}

fn reasons(message: &str) -> BTreeSet<Reason> {
    let Some((_, list)) = message.split_once(AVAILABLE) else {
        // An error of the scheduler's, not a list of reasons.
        return BTreeSet::from([reason(message)]);
    };
    let end = TRIED.iter().filter_map(|tried| list.find(tried)).min().unwrap_or(list.len());
    let list = list.get(..end).unwrap_or(list);
    list.split(", ").map(|text| reason(text.trim_start_matches(|c: char| c.is_ascii_digit()))).collect()
}

fn reason(text: &str) -> Reason {
    let text = text.trim().trim_end_matches('.');
    if let Some(resource) = text.strip_prefix("Insufficient ") {
        return Reason::Lacks(resource.to_owned());
    }
    let text = text.strip_prefix("node(s) ").unwrap_or(text);
    match text {
        "Too many pods" => Reason::TooManyPods,
        "were unschedulable" => Reason::Cordoned,
        "didn't match Pod's node affinity/selector" => Reason::Selector,
        _ if text.starts_with("had untolerated taint") => Reason::Taint(taint(text)),
        _ if is_of_volume(text) => Reason::Volume(text.to_owned()),
        _ => Reason::Other(text.to_owned()),
    }
}

/// `had untolerated taint {KEY: VALUE}`, or without either.
fn taint(text: &str) -> Option<String> {
    let (_, taint) = text.strip_suffix('}')?.split_once('{')?;
    let (key, value) = taint.split_once(':')?;
    let value = value.trim();
    Some(if value.is_empty() { key.to_owned() } else { format!("{key}={value}") })
}

fn is_of_volume(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["volume", "free storage", "pvc(s)", "available disk"].iter().any(|word| lower.contains(word))
}

/// `no node can take it: not enough free CPU and memory; cordoned`.
fn sentence(reasons: &BTreeSet<Reason>) -> Option<String> {
    let lacking: Vec<_> = reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::Lacks(resource) => Some(resource_words(resource)),
            _ => None,
        })
        .collect();
    let lacking = (!lacking.is_empty()).then(|| format!("not enough free {}", words::list(&lacking)));
    let others = reasons.iter().filter(|reason| !matches!(reason, Reason::Lacks(_))).map(Reason::to_string);
    let parts: Vec<_> = lacking.into_iter().chain(others).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return None;
    }
    words::short(&format!("no node can take it: {}", parts.join("; ")))
}

fn resource_words(resource: &str) -> String {
    match resource {
        "cpu" => "CPU".to_owned(),
        "ephemeral-storage" => "scratch disk".to_owned(),
        other => other.to_owned(),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacks(resource) => write!(f, "not enough free {}", resource_words(resource)),
            Self::TooManyPods => f.write_str("as many pods as nodes may have"),
            Self::Taint(None) => f.write_str("taints that it does not tolerate"),
            Self::Taint(Some(taint)) => write!(f, "the taint {taint}, which it does not tolerate"),
            Self::Selector => f.write_str("labels that its node selector does not match"),
            Self::Cordoned => f.write_str("cordoned"),
            Self::Other(text) if text == NO_NODES => f.write_str("the cluster has none"),
            Self::Volume(text) | Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As schedulers of Kubernetes 1.34 word them, and of older ones where that differs.
    #[test]
    fn what_is_missing_is_told_in_words() {
        const IN_VAIN: &str = " no new claims to deallocate, preemption: 0/5 nodes are available: 2 No preemption \
                               victims found for incoming pod, 3 Preemption is not helpful for scheduling.";
        let room = Code::NoCapacity;
        let volume = Code::VolumeUnavailable;
        for (reasons, code, expected) in [
            ("2 Insufficient memory.", room, "not enough free memory"),
            ("1 Insufficient memory, 2 Insufficient cpu.", room, "not enough free CPU and memory"),
            ("5 Insufficient ephemeral-storage.", room, "not enough free scratch disk"),
            ("5 Insufficient nvidia.com/gpu.", room, "not enough free nvidia.com/gpu"),
            ("5 Too many pods.", room, "as many pods as nodes may have"),
            (
                "1 node(s) had untolerated taint(s), 2 Insufficient cpu, 2 Too many pods.",
                room,
                "not enough free CPU; as many pods as nodes may have; taints that it does not tolerate",
            ),
            (
                "1 node(s) had untolerated taint {dedicated: teachers}, 1 node(s) had untolerated taint \
                 {node-role.kubernetes.io/control-plane: }.",
                room,
                "the taint dedicated=teachers, which it does not tolerate; the taint \
                 node-role.kubernetes.io/control-plane, which it does not tolerate",
            ),
            (
                "4 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable.",
                room,
                "labels that its node selector does not match; cordoned",
            ),
            (
                "5 node(s) didn't match pod topology spread constraints.",
                room,
                "didn't match pod topology spread constraints",
            ),
            (
                "pod has unbound immediate PersistentVolumeClaims.",
                volume,
                "pod has unbound immediate PersistentVolumeClaims",
            ),
            (
                "5 node(s) didn't match PersistentVolume's node affinity.",
                volume,
                "didn't match PersistentVolume's node affinity",
            ),
            (
                "persistentvolumeclaim \"bj-a-main-home-1\" not found.",
                volume,
                "persistentvolumeclaim \"bj-a-main-home-1\" not found",
            ),
            ("5 node(s) did not have enough free storage.", volume, "did not have enough free storage"),
            (
                "2 Insufficient cpu, 3 node(s) had volume node affinity conflict.",
                room,
                "not enough free CPU; had volume node affinity conflict",
            ),
        ] {
            for tried in ["", IN_VAIN, " preemption: 0/5 nodes are available: 5 Insufficient pods."] {
                let wait = unscheduled(&format!("0/5 nodes are available: {reasons}{tried}"));
                let expected = Some(format!("no node can take it: {expected}"));
                assert_eq!((wait.code, wait.detail), (code, expected), "{reasons}{tried}");
            }
        }
    }

    #[test]
    fn the_number_of_nodes_does_not_matter() {
        let of = |message: &str| unscheduled(message).detail;
        assert_eq!(
            of("0/9 nodes are available: 2 Insufficient memory, 7 Insufficient cpu."),
            of("0/8 nodes are available: 3 Insufficient memory, 5 Insufficient cpu.")
        );
    }

    #[test]
    fn what_is_no_list_is_passed_on() {
        let error = "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded";
        let wait = unscheduled(error);
        assert_eq!(wait.code, Code::VolumeUnavailable);
        assert_eq!(wait.detail, Some(format!("no node can take it: {error}")));
        let none = unscheduled("no nodes available to schedule pods");
        assert_eq!(none.detail.as_deref(), Some("no node can take it: the cluster has none"));
        assert_eq!(unscheduled(""), Wait::from(Code::NoCapacity));
    }
}
