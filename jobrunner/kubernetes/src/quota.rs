//! What the API server says of quotas, and which limit it means: pure.

use std::collections::BTreeMap;

use crate::words;

/// More was asked for than a quota leaves.
const EXCEEDED: &str = "exceeded quota: ";
/// The cluster gives out this resource only under a quota, and there is none.
const UNCOVERED: &str = "insufficient quota to consume: ";
/// The cluster has not counted yet what a new quota is about.
const UNCOUNTED: &str = "status unknown for quota: ";

/// Which limit is reached, in a short sentence; none when the message speaks of no limit.
pub(crate) fn reached(message: &str) -> Option<String> {
    if let Some((_, text)) = message.split_once(EXCEEDED) {
        return exceeded(text)
            .or_else(|| words::short(&format!("a quota of the namespace is used up: {text}")));
    }
    let (_, resources) = message.split_once(UNCOVERED)?;
    words::short(&format!("no quota of the namespace gives {resources}"))
}

/// Whether a quota is still being counted: a moment later it is known whether it leaves enough.
pub(crate) fn is_uncounted(message: &str) -> bool {
    message.contains(UNCOUNTED)
}

/// `NAME, requested: A=1,B=2, used: …, limited: …`, where only what is too much is named.
fn exceeded(text: &str) -> Option<String> {
    let (name, rest) = text.split_once(", requested: ")?;
    let (requested, rest) = rest.split_once(", used: ")?;
    let (used, limited) = rest.split_once(", limited: ")?;
    let (used, limited) = (amounts(used), amounts(limited));
    let limits: Vec<_> = amounts(requested)
        .into_iter()
        .filter_map(|(resource, asked)| {
            let (used, limit) = (used.get(resource)?, limited.get(resource)?);
            Some(format!("{resource} ({asked} asked for, {used} of {limit} used)"))
        })
        .collect();
    if limits.is_empty() {
        return None;
    }
    words::short(&format!("the namespace's quota {name} is used up: {}", words::list(&limits)))
}

fn amounts(text: &str) -> BTreeMap<&str, &str> {
    text.split(',').filter_map(|amount| amount.trim().split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Kubernetes 1.34 words them.
    #[test]
    fn the_limit_that_is_reached_is_named() {
        for (message, expected) in [
            (
                "pods \"bj-a-main\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, \
                 limited: pods=1",
                "the namespace's quota small is used up: pods (1 asked for, 1 of 1 used)",
            ),
            (
                "pods \"bj-a-main\" is forbidden: exceeded quota: compute, requested: \
                 requests.cpu=500m,requests.memory=128Mi, used: requests.cpu=1900m,requests.memory=4Gi, \
                 limited: requests.cpu=2,requests.memory=4Gi",
                "the namespace's quota compute is used up: requests.cpu (500m asked for, 1900m of 2 used) and \
                 requests.memory (128Mi asked for, 4Gi of 4Gi used)",
            ),
            (
                "persistentvolumeclaims \"bj-a-main-home-1\" is forbidden: exceeded quota: homes, requested: \
                 fast.storageclass.storage.k8s.io/requests.storage=5Gi, used: \
                 fast.storageclass.storage.k8s.io/requests.storage=8Gi, limited: \
                 fast.storageclass.storage.k8s.io/requests.storage=10Gi",
                "the namespace's quota homes is used up: fast.storageclass.storage.k8s.io/requests.storage (5Gi \
                 asked for, 8Gi of 10Gi used)",
            ),
            (
                "pods \"bj-a-main\" is forbidden: exceeded quota: who words it in another way",
                "a quota of the namespace is used up: who words it in another way",
            ),
            (
                "pods \"bj-a-main\" is forbidden: insufficient quota to consume: requests.nvidia.com/gpu",
                "no quota of the namespace gives requests.nvidia.com/gpu",
            ),
        ] {
            assert_eq!(reached(message).as_deref(), Some(expected), "{message}");
        }
    }

    #[test]
    fn other_refusals_are_no_limits() {
        for message in [
            "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu for: machine",
            "pods \"x\" is forbidden: status unknown for quota: small, resources: pods",
            "pods is forbidden: User \"x\" cannot create resource \"pods\" in API group \"\"",
        ] {
            assert_eq!(reached(message), None, "{message}");
        }
        assert!(is_uncounted("pods \"x\" is forbidden: status unknown for quota: small, resources: pods"));
    }
}
