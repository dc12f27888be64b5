//! The containers of a machine's pod: one that brings the agent, and the machine itself.

use std::collections::BTreeMap;

use domain::provider::MachineSpec;
use domain::resources::Resources;
use domain::template::Container as Image;
use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EnvVar, ExecAction, HTTPGetAction, Lifecycle, LifecycleHandler,
    Probe, ResourceRequirements, SeccompProfile, SecurityContext, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::image::pulled;
use crate::Config;
use crate::place::Place;

/// The container that a machine is.
pub(crate) const MACHINE: &str = "machine";
/// The volume through which the agent comes in.
pub(super) const AGENT_VOLUME: &str = "agent";
/// The volume of the home.
pub(super) const HOME_VOLUME: &str = "home";
const AGENT_FOLDER: &str = "/.qingjiao";
const AGENT_PROGRAM: &str = "/.qingjiao/agent";
const AGENT_PORT_NAME: &str = "agent";
/// What bringing the agent may use.
const BRINGING: Resources = Resources { cpu_millis: 100, memory_mib: 32, disk_mib: 0, gpus: 0 };
const BRINGING_SCRATCH_MIB: u64 = 64;

/// Copies the agent into the pod.
pub(super) fn bringer(config: &Config) -> Container {
    Container {
        name: AGENT_VOLUME.to_owned(),
        image: Some(pulled(config, &config.agent_image)),
        command: Some(vec!["/agent".to_owned(), "install".to_owned(), AGENT_PROGRAM.to_owned()]),
        resources: Some(requirements(BTreeMap::new(), BRINGING, BRINGING_SCRATCH_MIB)),
        security_context: Some(security()),
        volume_mounts: Some(vec![mount(AGENT_VOLUME, AGENT_FOLDER, false)]),
        ..Container::default()
    }
}

/// The machine. Where the template names the command, the agent is the first process and starts it; else the image's
/// own entrypoint is, and a hook starts the agent beside it.
pub(super) fn machine(place: &Place<'_>, spec: &MachineSpec, image: &Image) -> Container {
    let config = place.config;
    let resources = spec.machine.resources;
    let beside = image.command.is_none();
    let mut mounts = vec![mount(AGENT_VOLUME, AGENT_FOLDER, true)];
    mounts.extend(spec.machine.home.as_ref().map(|home| mount(HOME_VOLUME, &home.path, false)));
    Container {
        name: MACHINE.to_owned(),
        image: Some(pulled(config, &image.image)),
        command: image.command.as_ref().map(|command| agent(config, spec, Some(command))),
        lifecycle: beside.then(|| started_by_hook(agent(config, spec, None))),
        liveness_probe: beside.then(|| alive(config)),
        ports: Some(vec![ContainerPort {
            name: Some(AGENT_PORT_NAME.to_owned()),
            container_port: i32::from(config.agent_port),
            protocol: Some("TCP".to_owned()),
            ..ContainerPort::default()
        }]),
        env: Some(environment(spec)),
        resources: Some(requirements(place.extended(resources), resources, config.scratch_mib)),
        security_context: Some(security()),
        // The end of the output is part of the status then, without anybody reading logs.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        volume_mounts: Some(mounts),
        ..Container::default()
    }
}

/// The agent's command line; nothing of it is secret.
fn agent(config: &Config, spec: &MachineSpec, command: Option<&Vec<String>>) -> Vec<String> {
    let mut line = vec![AGENT_PROGRAM.to_owned(), "serve".to_owned()];
    let mut option = |name: &str, value: String| line.extend([name.to_owned(), value]);
    option("--listen", format!("tcp:0.0.0.0:{}", config.agent_port));
    option("--sandbox", spec.tags.sandbox.to_string());
    option("--machine", spec.tags.machine.to_string());
    option("--incarnation", spec.tags.incarnation.to_string());
    for (id, key) in &spec.agent_keys {
        option("--key", format!("{id}={key}"));
    }
    if let Some(home) = &spec.machine.home {
        option("--home", home.path.clone());
    }
    match command {
        Some(command) if !command.is_empty() => {
            line.push("--".to_owned());
            line.extend(command.iter().cloned());
        }
        Some(_) => (),
        None => line.push("--detach".to_owned()),
    }
    line
}

fn started_by_hook(command: Vec<String>) -> Lifecycle {
    let exec = ExecAction { command: Some(command) };
    let handler = LifecycleHandler { exec: Some(exec), ..LifecycleHandler::default() };
    Lifecycle { post_start: Some(handler), ..Lifecycle::default() }
}

/// A machine whose agent is gone cannot be entered any more: it ends and is made anew.
fn alive(config: &Config) -> Probe {
    const PERIOD_S: i32 = 10;
    const FAILURES: i32 = 6;
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some("/healthz".to_owned()),
            port: IntOrString::Int(i32::from(config.agent_port)),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(PERIOD_S),
        timeout_seconds: Some(PERIOD_S / 2),
        failure_threshold: Some(FAILURES),
        ..Probe::default()
    }
}

fn environment(spec: &MachineSpec) -> Vec<EnvVar> {
    let home = spec.machine.home.as_ref().map(|home| ("HOME".to_owned(), home.path.clone()));
    let mut all: BTreeMap<_, _> = home.into_iter().collect();
    all.extend(spec.machine.env.clone());
    all.into_iter().map(|(name, value)| EnvVar { name, value: Some(value), value_from: None }).collect()
}

/// What is asked for is what may be used; scratch space has a limit even when none was asked for.
fn requirements(
    extended: BTreeMap<String, u64>,
    resources: Resources,
    scratch_mib: u64,
) -> ResourceRequirements {
    let mut amounts = BTreeMap::from([
        ("cpu".to_owned(), Quantity(format!("{}m", resources.cpu_millis))),
        ("memory".to_owned(), Quantity(format!("{}Mi", resources.memory_mib))),
        ("ephemeral-storage".to_owned(), Quantity(format!("{}Mi", resources.disk_mib))),
    ]);
    amounts.extend(extended.into_iter().map(|(name, count)| (name, Quantity(count.to_string()))));
    let mut limits = amounts.clone();
    let limit_mib = if resources.disk_mib == 0 { scratch_mib } else { resources.disk_mib };
    limits.insert("ephemeral-storage".to_owned(), Quantity(format!("{limit_mib}Mi")));
    ResourceRequirements { requests: Some(amounts), limits: Some(limits), claims: None }
}

fn security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
        run_as_non_root: Some(true),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..SecurityContext::default()
    }
}

fn mount(volume: &str, path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: volume.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    }
}
