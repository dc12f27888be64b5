//! What a machine that does not run yet waits for.

use std::time::Duration;

use domain::cause::Code;
use k8s_openapi::api::core::v1::{Pod, PodCondition, PodStatus};

use super::{Around, Event, moment};

/// How long an image may take before it is said to be slow.
const PULL_SLOW_AFTER: Duration = Duration::from_secs(30);

/// The cause of a wait, when the cluster says one.
pub(super) fn waits_for(pod: &Pod, around: Around<'_>) -> Option<Code> {
    let status = pod.status.as_ref()?;
    if around.node_is_lost {
        return Some(Code::NodeLost);
    }
    if let Some(condition) = scheduled(status).filter(|condition| condition.status == "False") {
        return Some(unscheduled(condition.message.as_deref().unwrap_or_default()));
    }
    container(status).or_else(|| of_event(status, around))
}

fn scheduled(status: &PodStatus) -> Option<&PodCondition> {
    status.conditions.as_ref()?.iter().find(|condition| condition.type_ == "PodScheduled")
}

/// A pod without a node: room is missing, unless it is its home's volume that cannot come there.
fn unscheduled(message: &str) -> Code {
    let lower = message.to_lowercase();
    let is_room = lower.contains("insufficient") || lower.contains("too many pods");
    let is_volume = ["persistentvolumeclaim", "persistent volume", "volume node affinity", "volume"]
        .iter()
        .any(|word| lower.contains(word));
    if is_volume && !is_room { Code::VolumeUnavailable } else { Code::NoCapacity }
}

/// What a container says.
fn container(status: &PodStatus) -> Option<Code> {
    let inits = status.init_container_statuses.as_deref().unwrap_or_default();
    let main = status.container_statuses.as_deref().unwrap_or_default();
    let waiting = inits.iter().chain(main).filter_map(|status| status.state.as_ref()?.waiting.as_ref());
    waiting
        .filter_map(|waiting| {
            of_waiting(waiting.reason.as_deref()?, waiting.message.as_deref().unwrap_or_default())
        })
        .next()
}

fn of_waiting(reason: &str, message: &str) -> Option<Code> {
    match reason {
        "ErrImagePull" | "ImagePullBackOff" => Some(pull(message)),
        "InvalidImageName" => Some(Code::MachineRejected),
        "ErrImageNeverPull" => Some(Code::ImageMissing),
        "CreateContainerConfigError" => Some(Code::MachineRejected),
        "CreateContainerError" | "RunContainerError" | "PostStartHookError" => Some(started(message)),
        "CrashLoopBackOff" => Some(Code::MachineExited),
        _ => None,
    }
}

/// Why an image does not come. A back-off says why only when its message carries the error along.
fn pull(message: &str) -> Code {
    let lower = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&["not found", "manifest unknown", "name unknown", "does not exist"]) {
        Code::ImageMissing
    } else if says(&["unauthorized", "denied", "forbidden", "authentication required", "no basic auth"]) {
        Code::ImageDenied
    } else {
        Code::ImagePullSlow
    }
}

fn started(message: &str) -> Code {
    let lower = message.to_lowercase();
    let is_missing = lower.contains("executable file not found") || lower.contains("no such file");
    if is_missing || lower.contains("permission denied") {
        Code::CommandNotFound
    } else {
        Code::ProviderUnavailable
    }
}

fn of_event(status: &PodStatus, around: Around<'_>) -> Option<Code> {
    let Event { reason, message } = around.event?;
    match reason.as_str() {
        "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" | "ProvisioningFailed" => {
            Some(Code::VolumeUnavailable)
        }
        "FailedCreatePodSandBox" => Some(Code::ProviderUnavailable),
        "FailedScheduling" => Some(unscheduled(message)),
        "Pulling" => {
            let since = scheduled(status)?.last_transition_time.as_ref().map(moment)?;
            (around.now.since(since) > PULL_SLOW_AFTER).then_some(Code::ImagePullSlow)
        }
        _ => None,
    }
}
