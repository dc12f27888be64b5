//! How a pod for trial stands: pure.

use domain::cause::Code;
use domain::provider::State;
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use crate::Config;
use crate::observe::{self, Around};

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It runs.
    Runs,
    /// Not yet, and for this.
    Waits(Option<Code>),
    /// It ended.
    Ended(Option<Code>),
}

pub(super) fn standing(pod: &Pod, config: &Config, now: Timestamp) -> Standing {
    let around = Around { now, ..Around::default() };
    match observe::machine(pod, config.agent_port, around).map(|machine| machine.state) {
        Some(State::Running) => Standing::Runs,
        Some(State::Exited(exit)) => Standing::Ended(exit.cause),
        Some(State::Pending(wait)) => Standing::Waits(wait.map(|wait| wait.code)),
        Some(State::Deleting) | None => Standing::Ended(None),
    }
}

/// The exit code of its container, once it has one.
pub(super) fn exit_code(pod: &Pod) -> Option<i32> {
    let status = containers(pod).last()?;
    Some(status.state.as_ref()?.terminated.as_ref()?.exit_code)
}

/// The cluster's own words about what is wrong with it.
pub(super) fn words(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let waiting =
        containers(pod).filter_map(|status| status.state.as_ref()?.waiting.as_ref()?.message.clone());
    let conditions = status.and_then(|status| status.conditions.clone()).unwrap_or_default();
    let conditions = conditions.into_iter().filter(|one| one.status == "False").filter_map(|one| one.message);
    let own = status.and_then(|status| status.message.clone());
    own.into_iter()
        .chain(waiting)
        .chain(conditions)
        .next()
        .unwrap_or_else(|| "it is not ready in time".to_owned())
}

fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let inits = status.and_then(|status| status.init_container_statuses.as_deref()).unwrap_or_default();
    inits.iter().chain(status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default())
}
