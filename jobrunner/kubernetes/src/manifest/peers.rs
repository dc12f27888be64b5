//! What lets the machines of one sandbox find and reach each other; only sandboxes of several have it.
//!
//! Each pod is an owner of both objects, noted under a field manager of its own: the cluster removes them with the
//! last pod, and nobody needs to remember them.

use domain::provider::MachineSpec;
use k8s_openapi::api::core::v1::{Service, ServiceSpec};
use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::policy::{dns, selector};
use crate::Config;
use crate::names::{ObjectId, REGION, SANDBOX};

/// The headless service by which their names are found: `{machine}.{sandbox}`.
pub(crate) fn names(config: &Config, spec: &MachineSpec, pod: &ObjectId) -> Service {
    let (region, sandbox) = (spec.tags.region.as_str(), spec.tags.sandbox.as_str());
    Service {
        metadata: metadata(config, spec, pod),
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".to_owned()),
            // Names are found before everything is ready: machines wait for each other at their start.
            publish_not_ready_addresses: Some(true),
            selector: selector([(REGION, region), (SANDBOX, sandbox)]).match_labels,
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

/// The policy by which they reach each other, on every port, and the cluster's DNS.
pub(crate) fn network(config: &Config, spec: &MachineSpec, pod: &ObjectId) -> NetworkPolicy {
    let (region, sandbox) = (spec.tags.region.as_str(), spec.tags.sandbox.as_str());
    let ours = || selector([(REGION, region), (SANDBOX, sandbox)]);
    let peers = || vec![NetworkPolicyPeer { pod_selector: Some(ours()), ..NetworkPolicyPeer::default() }];
    NetworkPolicy {
        metadata: metadata(config, spec, pod),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(ours()),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: Some(vec![NetworkPolicyIngressRule { from: Some(peers()), ports: None }]),
            egress: Some(vec![NetworkPolicyEgressRule { to: Some(peers()), ports: None }, dns()]),
        }),
    }
}

/// Where a pod looks names up besides the cluster's own places, so that a machine is found by its name alone.
pub(super) fn search(config: &Config, spec: &MachineSpec) -> String {
    format!("{}.{}.svc.{}", spec.tags.sandbox, config.namespace, config.cluster_domain)
}

fn metadata(config: &Config, spec: &MachineSpec, pod: &ObjectId) -> ObjectMeta {
    let labels = [
        ("app.kubernetes.io/managed-by", "qingjiao"),
        (REGION, spec.tags.region.as_str()),
        (SANDBOX, spec.tags.sandbox.as_str()),
    ];
    ObjectMeta {
        name: Some(spec.tags.sandbox.to_string()),
        namespace: Some(config.namespace.clone()),
        labels: selector(labels).match_labels,
        owner_references: Some(vec![OwnerReference {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            name: pod.name.clone(),
            uid: pod.uid.clone(),
            ..OwnerReference::default()
        }]),
        ..ObjectMeta::default()
    }
}
