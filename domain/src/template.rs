//! Templates: what a sandbox is made from. Immutable once published; a new revision is a new version.

mod check;
mod version;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use check::check;
pub use version::version_of;

use crate::field::{self, FieldError};
use crate::id::{AppName, MachineName, PlacementName};
use crate::resources::Resources;

/// The content of one template version. Shapes and units are those of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// One or more machines on a private network of their own.
    pub machines: Vec<Machine>,
    /// How a machine is personalised after a sandbox got its owner; runs in the first machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<Bind>,
    /// What the machines may reach outside.
    #[serde(default)]
    pub network: Network,
    /// How long a sandbox lives and when it is idle.
    #[serde(default)]
    pub policy: Policy,
}

/// One container, VM or process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Unique in the template; the host name on the private network.
    pub name: MachineName,
    /// What runs.
    pub runs: Runs,
    /// Environment variables of the command.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// What it may use.
    pub resources: Resources,
    /// The kind of place that it needs; without it, where the region puts every machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementName>,
    /// A folder that survives stop and start, and is replaced by reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// The ways in.
    #[serde(default)]
    pub apps: Vec<App>,
    /// When students can come in; without it, as soon as the agent answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    /// Seconds from creation to ready, after which the machine is made anew.
    #[serde(default = "default_start_deadline_s")]
    pub start_deadline_s: u64,
}

const fn default_start_deadline_s() -> u64 {
    120
}

/// What a machine runs; exactly one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Runs {
    /// A container.
    Container(Container),
    /// A virtual machine.
    Vm(Vm),
    /// A process on this computer; only the `local` provider has these.
    Process(Process),
}

impl Runs {
    /// The kind's name in the API.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Container(_) => "container",
            Self::Vm(_) => "vm",
            Self::Process(_) => "process",
        }
    }
}

/// A container image and optionally the command that replaces its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Image reference.
    pub image: String,
    /// Command and arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
}

/// A VM image and the instance types that may carry it, best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vm {
    /// Image id.
    pub image_id: String,
    /// Candidate instance types.
    pub types: Vec<String>,
}

/// A command on this computer. An empty one means: only the agent runs (terminals start their own commands).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Command and arguments.
    #[serde(default)]
    pub command: Vec<String>,
}

/// A folder that outlives its machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    /// Absolute path in the machine.
    pub path: String,
    /// MiB.
    pub size_mib: u64,
}

/// One way in to a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// First part of its host; unique in the template.
    pub name: AppName,
    /// How it is spoken to.
    pub kind: AppKind,
    /// TCP port inside the machine (`http`, `desktop`, `tcp`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// First and last port of a range (`http`): hosts are `{app}-{port}--{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(u16, u16)>,
    /// Path that the app's URL opens (`http`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What a new terminal runs; the user's shell without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
}

/// Kinds of app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// Any web app; WebSocket and SSE included.
    Http,
    /// A terminal that the agent owns.
    Terminal,
    /// RFB (VNC).
    Desktop,
    /// Raw bytes.
    Tcp,
}

impl AppKind {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Terminal => "terminal",
            Self::Desktop => "desktop",
            Self::Tcp => "tcp",
        }
    }
}

/// What must succeed, through the agent, before students may come in; exactly one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ready {
    /// A GET of an app answers with a status.
    Http(ReadyHttp),
    /// A port takes a connection.
    Tcp(ReadyTcp),
    /// A command exits with 0.
    Command(Vec<String>),
}

/// See [`Ready::Http`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadyHttp {
    /// Name of an `http` app of the same machine with one port.
    pub app: AppName,
    /// Path of the request.
    #[serde(default = "default_ready_path")]
    pub path: String,
    /// Status of the answer.
    #[serde(default = "default_ready_status")]
    pub status: u16,
}

fn default_ready_path() -> String {
    "/".to_owned()
}

const fn default_ready_status() -> u16 {
    200
}

/// See [`Ready::Tcp`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadyTcp {
    /// Port inside the machine.
    pub port: u16,
}

/// Personalising: a command that finds parameters and secrets as files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bind {
    /// Command and arguments.
    pub command: Vec<String>,
    /// Seconds it may take.
    #[serde(default = "default_bind_deadline_s")]
    pub deadline_s: u64,
}

const fn default_bind_deadline_s() -> u64 {
    20
}

/// What machines may reach outside their sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Outgoing traffic.
    #[serde(default)]
    pub egress: Egress,
}

/// Outgoing traffic: `"none"`, `"internet"` (public addresses only) or a list of hosts and CIDRs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Egress {
    /// Nothing.
    #[default]
    None,
    /// Public addresses only.
    Internet,
    /// These hosts and CIDRs only.
    List(Vec<String>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum EgressText {
    Word(String),
    List(Vec<String>),
}

impl Serialize for Egress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => EgressText::Word("none".into()),
            Self::Internet => EgressText::Word("internet".into()),
            Self::List(list) => EgressText::List(list.clone()),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Egress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong =
            || serde::de::Error::custom("not an egress, expected \"none\", \"internet\" or a list of hosts");
        match EgressText::deserialize(deserializer).map_err(|_| wrong())? {
            EgressText::Word(word) if word == "none" => Ok(Self::None),
            EgressText::Word(word) if word == "internet" => Ok(Self::Internet),
            EgressText::Word(_) => Err(wrong()),
            EgressText::List(list) => Ok(Self::List(list)),
        }
    }
}

/// How long a run of a sandbox may last, and when it counts as idle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Seconds from create or start until the sandbox is stopped, unless it is extended.
    pub lifetime_s: u64,
    /// Seconds from create or start beyond which it cannot be extended.
    pub max_lifetime_s: u64,
    /// When it is idle and what happens then.
    pub idle: Option<Idle>,
    /// Days that a stopped sandbox and a dropped home are kept.
    pub keep_home_days: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { lifetime_s: 4 * 3600, max_lifetime_s: 8 * 3600, idle: None, keep_home_days: 7 }
    }
}

/// See [`Policy::idle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idle {
    /// Seconds without activity.
    pub after_s: u64,
    /// What happens then.
    pub then: IdleThen,
}

/// What happens to an idle sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdleThen {
    /// It is stopped; a visit can wake it.
    Stop,
    /// It is deleted.
    Delete,
}

impl Template {
    /// Reads and checks a template as it was sent.
    ///
    /// # Errors
    /// Every mistake found, each naming its field; one only when the shape itself does not fit.
    pub fn parse(sent: &serde_json::Value) -> Result<Self, Vec<FieldError>> {
        let template: Self = field::read(sent).map_err(|error| vec![error])?;
        let errors = check(&template);
        if errors.is_empty() { Ok(template) } else { Err(errors) }
    }

    /// The sum over its machines.
    #[must_use]
    pub fn resources(&self) -> Resources {
        self.machines.iter().map(|machine| machine.resources).sum()
    }

    /// MiB of homes, summed over its machines.
    #[must_use]
    pub fn homes_mib(&self) -> u64 {
        self.machines.iter().filter_map(|machine| machine.home.as_ref()).map(|home| home.size_mib).sum()
    }

    /// An app and the machine that it leads to.
    #[must_use]
    pub fn app(&self, name: &str) -> Option<(&Machine, &App)> {
        self.machines.iter().find_map(|machine| {
            machine.apps.iter().find(|app| app.name.as_str() == name).map(|app| (machine, app))
        })
    }

    /// The machine of this name.
    #[must_use]
    pub fn machine(&self, name: &MachineName) -> Option<&Machine> {
        self.machines.iter().find(|machine| &machine.name == name)
    }

    /// The longest start deadline of its machines, in seconds.
    #[must_use]
    pub fn start_deadline_s(&self) -> u64 {
        self.machines.iter().map(|machine| machine.start_deadline_s).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
