//! How a machine ended.

use domain::cause::Code;
use domain::provider::Exit;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod, PodStatus};

use super::{Event, machine_status};

const LAST_LINES_MAX: usize = 20;
const SIGNAL_CODES_FROM: i32 = 128;
const SIGNALS_MAX: i32 = 64;

/// How a pod ended; none while it has not.
pub(super) fn exit(pod: &Pod) -> Option<Exit> {
    let status = pod.status.as_ref()?;
    // A container that ended in a pod that has not: why the pod ends, such as an eviction, is said with its phase.
    if !matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return None;
    }
    let terminated = machine_status(pod).and_then(terminated).or_else(|| failed_bringer(status));
    Some(terminated.map_or_else(|| of_pod(status), |terminated| of_container(status, terminated)))
}

fn terminated(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    status.state.as_ref()?.terminated.as_ref()
}

/// An init container that failed: the machine itself never runs then.
fn failed_bringer(status: &PodStatus) -> Option<&ContainerStateTerminated> {
    let all = status.init_container_statuses.as_deref().unwrap_or_default();
    all.iter().filter_map(terminated).find(|terminated| terminated.exit_code != 0)
}

fn of_container(status: &PodStatus, terminated: &ContainerStateTerminated) -> Exit {
    let code = terminated.exit_code;
    let by_code = (SIGNAL_CODES_FROM + 1..=SIGNAL_CODES_FROM + SIGNALS_MAX)
        .contains(&code)
        .then_some(code - SIGNAL_CODES_FROM);
    let signal = terminated.signal.filter(|signal| *signal > 0).or(by_code);
    Exit {
        exit_code: signal.is_none().then_some(code),
        signal,
        last_lines: last_lines(terminated.message.as_deref().or(status.message.as_deref())),
        cause: of_reason(terminated.reason.as_deref())
            .or_else(|| of_reason(status.reason.as_deref()))
            .or_else(|| put_out(status)),
    }
}

/// A pod that ended without its machine having run: its node or the kubelet ended it.
fn of_pod(status: &PodStatus) -> Exit {
    Exit {
        exit_code: None,
        signal: None,
        last_lines: last_lines(status.message.as_deref()),
        cause: of_reason(status.reason.as_deref()).or_else(|| put_out(status)),
    }
}

/// A program that ends in good order when a kubelet puts its pod out leaves a status that says nothing of it
/// (Kubernetes 1.34): only the event does.
pub(super) fn explained(exit: Exit, event: Option<&Event>) -> Exit {
    let eviction = event.filter(|event| exit.cause.is_none() && event.reason == "Evicted");
    match eviction {
        Some(event) => {
            Exit { cause: Some(Code::Evicted), last_lines: last_lines(Some(&event.message)), ..exit }
        }
        None => exit,
    }
}

/// Whether the cluster itself wanted the pod gone. The condition comes with the decision; the reason of the whole status
/// may come after the container's end.
pub(super) fn put_out(status: &PodStatus) -> Option<Code> {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let is_target = conditions.iter().any(|it| it.type_ == "DisruptionTarget" && it.status == "True");
    is_target.then_some(Code::Evicted)
}

fn of_reason(reason: Option<&str>) -> Option<Code> {
    match reason? {
        "OOMKilled" => Some(Code::OutOfMemory),
        "Evicted" | "Preempting" | "Terminated" | "NodeShutdown" => Some(Code::Evicted),
        "NodeLost" | "NodeAffinity" => Some(Code::NodeLost),
        "DeadlineExceeded" => Some(Code::Expired),
        "ContainerCannotRun" | "StartError" => Some(Code::CommandNotFound),
        "OutOfcpu" | "OutOfmemory" | "OutOfpods" | "OutOfephemeral-storage" => Some(Code::NoCapacity),
        "UnexpectedAdmissionError" => Some(Code::AdmissionDenied),
        _ => None,
    }
}

fn last_lines(text: Option<&str>) -> Vec<String> {
    let lines: Vec<_> = text.unwrap_or_default().lines().map(str::to_owned).collect();
    lines.get(lines.len().saturating_sub(LAST_LINES_MAX)..).unwrap_or_default().to_vec()
}
