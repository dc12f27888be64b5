//! A template's shape for the API's description. The domain's own types decide what is accepted; a test compares
//! the two field by field.
#![expect(dead_code, reason = "these types are described, never made")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// What a sandbox is made from. Fields that this release doesn't know are refused.
#[derive(ToSchema)]
#[schema(as = Template)]
pub(crate) struct TemplateBody {
    /// 1 to 16 machines on a private network of their own.
    machines: Vec<Machine>,
    /// How a sandbox is personalised after it got its owner.
    bind: Option<Bind>,
    /// What the machines may reach outside.
    network: Option<Network>,
    /// How long a sandbox lives and when it is idle.
    policy: Option<Policy>,
}

/// One container, VM or process.
#[derive(ToSchema)]
struct Machine {
    /// Unique in the template; its host name on the private network.
    name: String,
    /// What runs.
    runs: Runs,
    /// Environment variables.
    env: Option<BTreeMap<String, String>>,
    /// What it may use.
    resources: MachineResources,
    /// A kind of place that the region's operators have set up, one of those in `/v1/capabilities`; where every
    /// machine goes when absent.
    #[schema(max_length = 32, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    placement: Option<String>,
    /// A folder that survives stop and start.
    home: Option<Home>,
    /// The ways in.
    apps: Option<Vec<AppOfMachine>>,
    /// When students can come in; without it, as soon as the agent answers.
    ready: Option<Ready>,
    /// Seconds from creation to ready, after which the machine is made anew; 120 when absent.
    start_deadline_s: Option<u64>,
}

/// What runs; exactly one kind.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Runs {
    /// A container.
    Container(Container),
    /// A virtual machine.
    Vm(Vm),
    /// A process on the region's computer.
    Process(Process),
}

/// A container image.
#[derive(ToSchema)]
struct Container {
    /// Image reference.
    image: String,
    /// Replaces the image's own command.
    command: Option<Vec<String>>,
}

/// A VM image.
#[derive(ToSchema)]
struct Vm {
    /// Image id.
    image_id: String,
    /// Candidate instance types, best first.
    types: Vec<String>,
}

/// A command; an empty one runs the agent alone.
#[derive(ToSchema)]
struct Process {
    /// Command and arguments.
    command: Option<Vec<String>>,
}

/// What a machine may use.
#[derive(ToSchema)]
struct MachineResources {
    /// Thousandths of a CPU.
    cpu_millis: u64,
    /// MiB of memory.
    memory_mib: u64,
    /// MiB of scratch disk.
    disk_mib: Option<u64>,
    /// Whole GPUs.
    gpus: Option<u64>,
}

/// A folder that outlives its machine.
#[derive(ToSchema)]
struct Home {
    /// Absolute path.
    path: String,
    /// MiB.
    size_mib: u64,
}

/// One way in.
#[derive(ToSchema)]
struct AppOfMachine {
    /// First part of its host; unique in the template.
    name: String,
    /// How it is spoken to.
    kind: AppKind,
    /// TCP port (`http`, `desktop`, `tcp`).
    port: Option<u16>,
    /// First and last port of a range (`http`).
    #[schema(value_type = Option<Vec<u16>>)]
    ports: Option<(u16, u16)>,
    /// Path that its URL opens (`http`).
    path: Option<String>,
    /// What a new terminal runs (`terminal`).
    command: Option<Vec<String>>,
}

/// Kinds of app.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum AppKind {
    /// Any web app.
    Http,
    /// A terminal.
    Terminal,
    /// RFB (VNC).
    Desktop,
    /// Raw bytes.
    Tcp,
}

/// What must succeed before students may come in; exactly one kind.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Ready {
    /// A GET of an app answers with a status.
    Http(ReadyHttp),
    /// A port takes a connection.
    Tcp(ReadyTcp),
    /// A command exits with 0.
    Command(Vec<String>),
}

/// An HTTP condition.
#[derive(ToSchema)]
struct ReadyHttp {
    /// An `http` app of the same machine with one port.
    app: String,
    /// `/` when absent.
    path: Option<String>,
    /// 200 when absent.
    status: Option<u16>,
}

/// A TCP condition.
#[derive(ToSchema)]
struct ReadyTcp {
    /// Port inside the machine.
    port: u16,
}

/// A command that finds parameters and secrets as files.
#[derive(ToSchema)]
struct Bind {
    /// Command and arguments.
    command: Vec<String>,
    /// 20 when absent.
    deadline_s: Option<u64>,
}

/// What machines may reach outside.
#[derive(ToSchema)]
struct Network {
    /// `none` (when absent), `internet`, or a list of hosts and CIDRs.
    egress: Option<Egress>,
}

/// Outgoing traffic.
#[derive(serde::Serialize, ToSchema)]
#[serde(untagged)]
enum Egress {
    /// `none` or `internet`.
    Word(String),
    /// Hosts and CIDRs.
    List(Vec<String>),
}

/// Life of a sandbox.
#[derive(ToSchema)]
struct Policy {
    /// Seconds of a run unless it is extended.
    lifetime_s: Option<u64>,
    /// Seconds beyond which it can't be extended.
    max_lifetime_s: Option<u64>,
    /// When it is idle and what happens then.
    idle: Option<Idle>,
    /// Days that a stopped sandbox and a dropped home are kept.
    keep_home_days: Option<u64>,
}

/// When a sandbox is idle.
#[derive(ToSchema)]
struct Idle {
    /// Seconds without activity.
    after_s: u64,
    /// What happens then.
    then: IdleThen,
}

/// What happens to an idle sandbox.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum IdleThen {
    /// It is stopped; a visit can wake it.
    Stop,
    /// It is deleted.
    Delete,
}

#[cfg(test)]
mod tests;
