//! From objects and events of a cluster to what they mean: pure.

mod events;
mod exit;
mod pending;
mod unscheduled;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::cause::Code;
use domain::provider::{Address, Exit, Kind, Resource, State};
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, PersistentVolumeClaim, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

pub(crate) use events::LastEvents;

use crate::manifest::MACHINE;
use crate::names::{self, ASKED_AT, EXPIRES_AT, ObjectId};

/// What is known of a pod besides the pod itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Around<'a> {
    /// Its node no longer says that it lives.
    pub(crate) node_is_lost: bool,
    /// We asked for its removal.
    pub(crate) is_deleted_by_us: bool,
    /// The last notable event about it.
    pub(crate) event: Option<&'a Event>,
    /// The last event about the claim of its home, while that has no volume.
    pub(crate) home_event: Option<&'a Event>,
    /// The present moment.
    pub(crate) now: Timestamp,
}

/// An event about a pod or a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// The reason, such as `FailedMount`.
    pub(crate) reason: String,
    /// What it says.
    pub(crate) message: String,
}

/// A pod as a resource; none when it is not ours.
pub(crate) fn machine(pod: &Pod, agent_port: u16, around: Around<'_>) -> Option<Resource> {
    let tags = names::tags(Kind::Machine, &pod.metadata)?;
    let state = state(pod, around);
    let ip = pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()).filter(|ip| !ip.is_empty());
    let address = ip.filter(|_| state == State::Running).map(|ip| address(ip, agent_port));
    Some(Resource {
        id: ObjectId::of(Kind::Machine, &pod.metadata)?.resource(),
        kind: Kind::Machine,
        tags,
        state,
        address,
        created_at: created_at(&pod.metadata),
        expires_at: None,
    })
}

/// A claim as a resource; none when it is not ours.
pub(crate) fn home(claim: &PersistentVolumeClaim) -> Option<Resource> {
    let meta = &claim.metadata;
    let is_going = meta.deletion_timestamp.is_some();
    Some(Resource {
        id: ObjectId::of(Kind::Home, meta)?.resource(),
        kind: Kind::Home,
        tags: names::tags(Kind::Home, meta)?,
        state: if is_going { State::Deleting } else { State::Running },
        address: None,
        created_at: created_at(meta),
        expires_at: annotation(meta, EXPIRES_AT),
    })
}

/// The claim of the home that a pod mounts.
pub(crate) fn claim_of(pod: &Pod) -> Option<&str> {
    let volumes = pod.spec.as_ref()?.volumes.as_deref()?;
    let claims = volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref());
    claims.map(|claim| claim.claim_name.as_str()).next()
}

/// The uids of claims that have no volume yet, by name: what their events say is why.
pub(crate) fn unbound(claims: &[Arc<PersistentVolumeClaim>]) -> BTreeMap<&str, &str> {
    let is_bound = |claim: &PersistentVolumeClaim| {
        claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound")
    };
    let unbound = claims.iter().filter(|claim| !is_bound(claim));
    unbound
        .filter_map(|claim| Some((claim.metadata.name.as_deref()?, claim.metadata.uid.as_deref()?)))
        .collect()
}

/// What a pod does.
pub(crate) fn state(pod: &Pod, around: Around<'_>) -> State {
    if pod.metadata.deletion_timestamp.is_some() {
        let given_up = given_up(pod, around).filter(|_| !around.is_deleted_by_us);
        return given_up
            .map_or(State::Deleting, |cause| State::Exited(Exit { cause: Some(cause), ..Exit::default() }));
    }
    if let Some(exit) = exit::exit(pod) {
        return State::Exited(exit::explained(exit, around.event));
    }
    let runs =
        machine_status(pod).and_then(|status| status.state.as_ref()).is_some_and(|s| s.running.is_some());
    if runs { State::Running } else { State::Pending(pending::waits_for(pod, around)) }
}

/// Why the cluster itself wants a pod gone. That of a lost node stays until the node is confirmed gone.
fn given_up(pod: &Pod, around: Around<'_>) -> Option<Code> {
    let status = pod.status.as_ref()?;
    if around.node_is_lost { Some(Code::NodeLost) } else { exit::put_out(status) }
}

/// The status of the container that the machine is.
fn machine_status(pod: &Pod) -> Option<&ContainerStatus> {
    let all = pod.status.as_ref()?.container_statuses.as_ref()?;
    all.iter().find(|status| status.name == MACHINE)
}

fn address(ip: &str, port: u16) -> Address {
    let is_v6 = ip.contains(':');
    Address(if is_v6 { format!("tcp:[{ip}]:{port}") } else { format!("tcp:{ip}:{port}") })
}

/// The moment at which it was asked for, unless that is missing or cannot be: the cluster made it earlier.
fn created_at(meta: &ObjectMeta) -> Timestamp {
    const MARGIN_S: u64 = 3600;
    let made = meta.creation_timestamp.as_ref().map_or_else(Timestamp::default, moment);
    let asked = annotation(meta, ASKED_AT).filter(|asked| *asked <= made.plus_s(MARGIN_S));
    asked.unwrap_or(made)
}

fn annotation(meta: &ObjectMeta, key: &str) -> Option<Timestamp> {
    meta.annotations.as_ref()?.get(key)?.parse().ok()
}

/// A moment of the cluster's.
pub(crate) fn moment(time: &Time) -> Timestamp {
    Timestamp::from_ms(time.0.as_millisecond())
}

#[cfg(test)]
mod tests;
