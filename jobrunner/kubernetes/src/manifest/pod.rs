//! A machine as a pod.

use std::collections::BTreeMap;

use domain::provider::MachineSpec;
use domain::template::Container as Image;
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, LocalObjectReference, PersistentVolumeClaimVolumeSource, Pod, PodDNSConfig,
    PodSecurityContext, PodSpec, SeccompProfile, Toleration, Volume,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::container::{self, AGENT_VOLUME, HOME_VOLUME};
use super::{Class, home, peers};
use crate::Config;
use crate::names::{self, ASKED_AT, EGRESS, TENANT};
use crate::place::Place;

/// How long the programs of a machine that is removed have to end, in seconds.
const TERMINATION_GRACE_S: i64 = 10;
/// Room for the agent's program, in MiB.
const AGENT_VOLUME_MIB: u64 = 64;

/// The pod of a machine that runs `image` in the place that it asks for.
pub(crate) fn pod(
    place: &Place<'_>,
    spec: &MachineSpec,
    image: &Image,
    class: &Class,
    now: Timestamp,
) -> Pod {
    let config = place.config;
    Pod {
        metadata: metadata(config, spec, class, now),
        spec: Some(PodSpec {
            init_containers: Some(vec![container::bringer(config)]),
            containers: vec![container::machine(place, spec, image)],
            volumes: Some(volumes(spec)),
            restart_policy: Some("Never".to_owned()),
            active_deadline_seconds: i64::try_from(spec.deadline_s).ok(),
            termination_grace_period_seconds: Some(TERMINATION_GRACE_S),
            dns_config: (!spec.peers.is_empty()).then(|| PodDNSConfig {
                searches: Some(vec![peers::search(config, spec)]),
                ..PodDNSConfig::default()
            }),
            hostname: Some(spec.tags.machine.to_string()),
            subdomain: (!spec.peers.is_empty()).then(|| spec.tags.sandbox.to_string()),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            security_context: Some(security(config)),
            image_pull_secrets: config
                .image_pull_secret
                .clone()
                .map(|name| vec![LocalObjectReference { name }]),
            node_selector: (!place.node_selector.is_empty()).then(|| place.node_selector.clone()),
            tolerations: Some(tolerations(place)),
            runtime_class_name: place.runtime_class.map(str::to_owned),
            priority_class_name: config.priority_class.clone(),
            ..PodSpec::default()
        }),
        status: None,
    }
}

fn metadata(config: &Config, spec: &MachineSpec, class: &Class, now: Timestamp) -> ObjectMeta {
    let mut labels = names::labels(&spec.tags);
    labels.insert(TENANT.to_owned(), spec.tenant.to_string());
    labels.insert(EGRESS.to_owned(), class.label());
    let annotations = [
        (ASKED_AT.to_owned(), now.to_string()),
        // A student works on it: an autoscaler must not take its node away.
        ("cluster-autoscaler.kubernetes.io/safe-to-evict".to_owned(), "false".to_owned()),
    ];
    ObjectMeta {
        name: Some(names::pod(&spec.tags)),
        namespace: Some(config.namespace.clone()),
        labels: Some(labels),
        annotations: Some(BTreeMap::from(annotations)),
        ..ObjectMeta::default()
    }
}

fn security(config: &Config) -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(config.user_id),
        run_as_group: Some(config.user_id),
        fs_group: Some(config.user_id),
        // Large homes are not walked through at each start.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..PodSecurityContext::default()
    }
}

fn volumes(spec: &MachineSpec) -> Vec<Volume> {
    let agent = Volume {
        name: AGENT_VOLUME.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource {
            size_limit: Some(Quantity(format!("{AGENT_VOLUME_MIB}Mi"))),
            ..EmptyDirVolumeSource::default()
        }),
        ..Volume::default()
    };
    let home = spec.machine.home.as_ref().map(|_| Volume {
        name: HOME_VOLUME.to_owned(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: names::home(&home::tags(spec)),
            read_only: None,
        }),
        ..Volume::default()
    });
    std::iter::once(agent).chain(home).collect()
}

/// Those of the place, and short ones for nodes that are lost: the cluster's own would wait for five minutes.
fn tolerations(place: &Place<'_>) -> Vec<Toleration> {
    let lost = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(|key| Toleration {
        key: Some(key.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoExecute".to_owned()),
        toleration_seconds: Some(place.config.lost_node_s),
        value: None,
    });
    let configured = place.tolerations.iter().map(|toleration| Toleration {
        key: Some(toleration.key.clone()),
        operator: Some(if toleration.value.is_some() { "Equal" } else { "Exists" }.to_owned()),
        value: toleration.value.clone(),
        effect: toleration.effect.clone(),
        toleration_seconds: None,
    });
    configured.chain(lost).collect()
}
