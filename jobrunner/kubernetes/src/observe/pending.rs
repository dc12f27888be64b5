//! What a machine that does not run yet waits for.

use std::time::Duration;

use domain::cause::Code;
use domain::provider::Wait;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition, PodStatus};

use super::unscheduled::unscheduled;
use super::{Around, moment};
use crate::words::short;

/// How long an image may take before it is said to be slow.
const PULL_SLOW_AFTER: Duration = Duration::from_secs(30);

/// The cause of a wait, when the cluster says one.
pub(super) fn waits_for(pod: &Pod, around: Around<'_>) -> Option<Wait> {
    let status = pod.status.as_ref()?;
    if around.node_is_lost {
        return Some(Code::NodeLost.into());
    }
    if let Some(condition) = scheduled(status).filter(|condition| condition.status == "False") {
        let wait = unscheduled(condition.message.as_deref().unwrap_or_default());
        // The scheduler only knows that there is no volume; the claim's own event says why.
        let why = of_home(around).filter(|_| wait.code == Code::VolumeUnavailable);
        return Some(why.unwrap_or(wait));
    }
    container(status).or_else(|| of_event(status, around)).or_else(|| of_home(around))
}

fn scheduled(status: &PodStatus) -> Option<&PodCondition> {
    status.conditions.as_ref()?.iter().find(|condition| condition.type_ == "PodScheduled")
}

/// What a container says.
fn container(status: &PodStatus) -> Option<Wait> {
    let inits = status.init_container_statuses.as_deref().unwrap_or_default();
    let main = status.container_statuses.as_deref().unwrap_or_default();
    inits.iter().chain(main).find_map(of_container)
}

fn of_container(status: &ContainerStatus) -> Option<Wait> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let message = waiting.message.as_deref().unwrap_or_default();
    // The image's name is all that is told of a pull: a registry's answers may hold links that are rights.
    let of_image = |code| Wait { code, detail: short(&status.image) };
    let told = |code| Wait { code, detail: short(message) };
    match waiting.reason.as_deref()? {
        "ErrImagePull" | "ImagePullBackOff" => Some(of_image(pull(message))),
        "InvalidImageName" => Some(of_image(Code::MachineRejected)),
        "ErrImageNeverPull" => Some(of_image(Code::ImageMissing)),
        "CreateContainerConfigError" => Some(told(Code::MachineRejected)),
        "CreateContainerError" | "RunContainerError" => Some(told(started(message))),
        // Its message holds what the hook printed.
        "PostStartHookError" => Some(started(message).into()),
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

/// What the last event about the pod says.
fn of_event(status: &PodStatus, around: Around<'_>) -> Option<Wait> {
    let event = around.event?;
    let told = |code| Wait { code, detail: short(&event.message) };
    match event.reason.as_str() {
        "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" => Some(told(Code::VolumeUnavailable)),
        "FailedCreatePodSandBox" => Some(told(Code::ProviderUnavailable)),
        "FailedScheduling" => Some(unscheduled(&event.message)),
        "Pulling" => {
            let since = scheduled(status)?.last_transition_time.as_ref().map(moment)?;
            (around.now.since(since) > PULL_SLOW_AFTER).then(|| Code::ImagePullSlow.into())
        }
        _ => None,
    }
}

/// What the last event about the claim of its home says.
fn of_home(around: Around<'_>) -> Option<Wait> {
    let event = around.home_event?;
    let is_failure = matches!(event.reason.as_str(), "ProvisioningFailed" | "FailedBinding");
    is_failure.then(|| Wait { code: Code::VolumeUnavailable, detail: short(&event.message) })
}
