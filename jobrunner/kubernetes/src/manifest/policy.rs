//! Network policies: everything is denied but what a class, our roles and one's own sandbox allow.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Class;
use super::range::{self, Range};
use crate::names::{EGRESS, REGION};
use crate::{Caller, Config};

const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
const DNS_PORT: i32 = 53;

/// The policies that every sandbox of a region needs, whatever its template.
pub(crate) fn standing(config: &Config, region: &str) -> Vec<NetworkPolicy> {
    vec![deny_all(config, region), agent(config, region), internet(config, region)]
}

/// The policy of a class that is a list; the others need none of their own.
pub(crate) fn listed(config: &Config, region: &str, class: &Class) -> Option<NetworkPolicy> {
    let Class::Ranges(ranges) = class else { return None };
    let peers = ranges.iter().map(|range| block(config, range)).collect();
    Some(egress(config, region, class, vec![to(peers)]))
}

/// Nothing comes in and nothing goes out.
fn deny_all(config: &Config, region: &str) -> NetworkPolicy {
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector([(REGION, region)])),
        policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        ..NetworkPolicySpec::default()
    };
    policy(config, region, "deny-all", spec)
}

/// Our roles reach the agent's port.
fn agent(config: &Config, region: &str) -> NetworkPolicy {
    let from: Vec<_> = config.agent_callers.iter().map(caller).collect();
    let rule = NetworkPolicyIngressRule {
        from: Some(from),
        ports: Some(vec![port("TCP", i32::from(config.agent_port))]),
    };
    // An empty list of callers would mean everybody.
    let ingress = if config.agent_callers.is_empty() { Vec::new() } else { vec![rule] };
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector([(REGION, region)])),
        policy_types: Some(vec!["Ingress".to_owned()]),
        ingress: Some(ingress),
        ..NetworkPolicySpec::default()
    };
    policy(config, region, "agent", spec)
}

/// Public addresses, and the cluster's DNS to find them.
fn internet(config: &Config, region: &str) -> NetworkPolicy {
    let peers = Range::everything().map(|range| block(config, &range)).collect();
    egress(config, region, &Class::Internet, vec![to(peers), dns()])
}

fn egress(
    config: &Config,
    region: &str,
    class: &Class,
    rules: Vec<NetworkPolicyEgressRule>,
) -> NetworkPolicy {
    let label = class.label();
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector([(REGION, region), (EGRESS, &label)])),
        policy_types: Some(vec!["Egress".to_owned()]),
        egress: Some(rules),
        ..NetworkPolicySpec::default()
    };
    policy(config, region, &format!("egress-{label}"), spec)
}

fn to(peers: Vec<NetworkPolicyPeer>) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: Some(peers), ports: None }
}

pub(super) fn dns() -> NetworkPolicyEgressRule {
    let server = NetworkPolicyPeer {
        namespace_selector: Some(selector([(NAMESPACE_NAME, "kube-system")])),
        pod_selector: Some(selector([("k8s-app", "kube-dns")])),
        ..NetworkPolicyPeer::default()
    };
    let ports = vec![port("UDP", DNS_PORT), port("TCP", DNS_PORT)];
    NetworkPolicyEgressRule { to: Some(vec![server]), ports: Some(ports) }
}

/// A range without what no machine may reach.
fn block(config: &Config, range: &Range) -> NetworkPolicyPeer {
    let denied = range::denied(config);
    let except: Vec<_> = denied.iter().filter(|other| other.is_within(range)).map(Range::to_string).collect();
    let ip_block = IPBlock { cidr: range.to_string(), except: (!except.is_empty()).then_some(except) };
    NetworkPolicyPeer { ip_block: Some(ip_block), ..NetworkPolicyPeer::default() }
}

fn caller(caller: &Caller) -> NetworkPolicyPeer {
    match caller {
        Caller::Pods { namespace, labels } => NetworkPolicyPeer {
            namespace_selector: Some(selector([(NAMESPACE_NAME, namespace.as_str())])),
            pod_selector: Some(LabelSelector {
                match_labels: Some(labels.clone()),
                ..LabelSelector::default()
            }),
            ..NetworkPolicyPeer::default()
        },
        Caller::Cidr(cidr) => NetworkPolicyPeer {
            ip_block: Some(IPBlock { cidr: cidr.clone(), except: None }),
            ..NetworkPolicyPeer::default()
        },
    }
}

fn port(protocol: &str, number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(number)),
        end_port: None,
    }
}

pub(super) fn selector<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> LabelSelector {
    let labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    LabelSelector { match_labels: Some(labels.collect()), ..LabelSelector::default() }
}

fn policy(config: &Config, region: &str, name: &str, spec: NetworkPolicySpec) -> NetworkPolicy {
    let labels = [("app.kubernetes.io/managed-by", "qingjiao"), (REGION, region)];
    let labels: BTreeMap<_, _> =
        labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    NetworkPolicy {
        metadata: ObjectMeta {
            name: Some(format!("{region}-{name}")),
            namespace: Some(config.namespace.clone()),
            labels: Some(labels),
            ..ObjectMeta::default()
        },
        spec: Some(spec),
    }
}
