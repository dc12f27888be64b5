//! What a proxy knows of a sandbox: the fold of the log, computed by [`routes`].

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::cause::Cause;
use crate::id::{AppName, MachineName, Ref, SandboxId};
use crate::phase::{Phase, Wanted};
use crate::provider::Address;
use crate::sandbox::Sandbox;
use crate::template::{AppKind, Template};
use crate::time::Timestamp;

/// The row of the route table for one sandbox that is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The sandbox.
    pub sandbox: SandboxId,
    /// The caller's name for it; pages tell it to the page that embeds them.
    pub r#ref: Ref,
    /// Position in the log that this row was computed at; a proxy keeps the row with the higher one.
    #[serde(default)]
    pub position: u64,
    /// Where it is. A phase that this release doesn't know counts as not ready.
    #[serde(deserialize_with = "phase_or_starting")]
    pub phase: Phase,
    /// What is wanted.
    pub wanted: Wanted,
    /// Why it waits or failed, without output of machines.
    pub cause: Option<Cause>,
    /// Cookies of another epoch are refused.
    pub access_epoch: u64,
    /// The ways in.
    pub apps: Vec<RouteApp>,
    /// Where its agents are; only when it is ready.
    pub targets: BTreeMap<MachineName, Target>,
    /// When the run ends.
    pub expires_at: Timestamp,
    /// Beyond this it can't be extended.
    pub max_expires_at: Timestamp,
    /// When it will be stopped for idleness, once that is near.
    pub idle_stop_at: Option<Timestamp>,
    /// Whether a visitor may start it while it is stopped.
    pub can_wake: bool,
}

/// One way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteApp {
    /// First part of its host.
    pub name: AppName,
    /// How it is spoken to.
    pub kind: AppKind,
    /// The machine it is in.
    pub machine: MachineName,
    /// Its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Its range of ports, both ends included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(u16, u16)>,
    /// What its URL opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What a new terminal runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
}

/// The agent of one machine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// Which life of the machine; the agent refuses a token for another.
    pub incarnation: u64,
    /// The right to enter; the api-server adds it when it hands the route out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("address", &self.address)
            .field("incarnation", &self.incarnation)
            .finish_non_exhaustive()
    }
}

fn phase_or_starting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Phase, D::Error> {
    Ok(String::deserialize(deserializer)?.parse().unwrap_or(Phase::Starting))
}

impl RouteApp {
    /// The port that a host with `asked` leads to; `None` when the app has no such port.
    #[must_use]
    pub fn port_for(&self, asked: Option<u16>) -> Option<u16> {
        match (asked, self.port, self.ports) {
            (None, port, _) => port.or(self.ports.map(|(first, _)| first)),
            (Some(asked), _, Some((first, last))) if (first..=last).contains(&asked) => Some(asked),
            (Some(_), _, _) => None,
        }
    }
}

/// The route of a sandbox; `None` once it is deleted.
#[must_use]
pub fn routes(sandbox: &Sandbox, template: &Template) -> Option<Route> {
    let Sandbox { intent, status } = sandbox;
    if status.phase == Phase::Deleted {
        return None;
    }
    let at_rest = matches!(status.phase, Phase::Stopped | Phase::Failed);
    Some(Route {
        sandbox: intent.id.clone(),
        r#ref: intent.r#ref.clone(),
        position: 0,
        phase: status.phase,
        wanted: intent.wanted,
        cause: status.cause.clone().map(|cause| Cause { last_lines: Vec::new(), ..cause }),
        access_epoch: intent.access_epoch,
        apps: apps(template),
        targets: targets(sandbox),
        expires_at: intent.expires_at,
        max_expires_at: intent.max_expires_at,
        idle_stop_at: intent.idle_stop_at,
        can_wake: at_rest && intent.wanted == Wanted::Stopped && intent.wakeable,
    })
}

/// A target only for a sandbox that is ready and meant to be: one that is about to stop takes nobody in.
fn targets(sandbox: &Sandbox) -> BTreeMap<MachineName, Target> {
    let Sandbox { intent, status } = sandbox;
    if status.phase != Phase::Ready || intent.wanted != Wanted::Running {
        return BTreeMap::new();
    }
    let live = status.machines.iter().filter(|m| !m.retired && m.home_generation == intent.home_generation);
    live.filter_map(|machine| {
        let target =
            Target { address: machine.address.clone()?, incarnation: machine.incarnation, token: None };
        Some((machine.name.clone(), target))
    })
    .collect()
}

fn apps(template: &Template) -> Vec<RouteApp> {
    let each =
        template.machines.iter().flat_map(|machine| machine.apps.iter().map(move |app| (machine, app)));
    each.map(|(machine, app)| RouteApp {
        name: app.name.clone(),
        kind: app.kind,
        machine: machine.name.clone(),
        port: app.port,
        ports: app.ports,
        path: app.path.clone(),
        command: app.command.clone(),
    })
    .collect()
}
