//! A home as a claim on a volume.

use std::collections::BTreeMap;

use domain::provider::{MachineSpec, Tags};
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::Config;
use crate::names::{self, ASKED_AT, TENANT};

/// The tags of the home that a machine mounts.
pub(super) fn tags(spec: &MachineSpec) -> Tags {
    Tags { incarnation: spec.home_generation, ..spec.tags.clone() }
}

/// The claim of a machine's home; none for a machine without.
pub(crate) fn home(config: &Config, spec: &MachineSpec, now: Timestamp) -> Option<PersistentVolumeClaim> {
    let home = spec.machine.home.as_ref()?;
    let tags = tags(spec);
    let mut labels = names::labels(&tags);
    labels.insert(TENANT.to_owned(), spec.tenant.to_string());
    let size = [("storage".to_owned(), Quantity(format!("{}Mi", home.size_mib)))];
    Some(PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(names::home(&tags)),
            namespace: Some(config.namespace.clone()),
            labels: Some(labels),
            annotations: Some(BTreeMap::from([(ASKED_AT.to_owned(), now.to_string())])),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec![config.home_access_mode.clone()]),
            storage_class_name: config.storage_class.clone(),
            resources: Some(VolumeResourceRequirements {
                requests: Some(size.into()),
                ..VolumeResourceRequirements::default()
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    })
}
