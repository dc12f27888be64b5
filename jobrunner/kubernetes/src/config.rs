//! What the provider is told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::id::PlacementName;
use domain::resources::Resources;
use serde::{Deserialize, Serialize};

/// How machines run in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How to reach the cluster; without it this process runs in the cluster and uses its service account.
    #[serde(default)]
    pub kubeconfig: Option<PathBuf>,
    /// The namespace of all sandboxes; it must exist. Nothing else should live there.
    pub namespace: String,
    /// The image that holds the program `/agent`; an init container takes it from there.
    pub agent_image: String,
    /// Where agents listen in their pods.
    #[serde(default = "default_agent_port")]
    pub agent_port: u16,
    /// Who may speak to agents: the pods of our own roles, or address ranges of those that run elsewhere.
    #[serde(default)]
    pub agent_callers: Vec<Caller>,
    /// Put before the images of templates that name no registry: `mirror.example.com/library`.
    #[serde(default)]
    pub default_registry: Option<String>,
    /// Registries that are reached by another name, such as a mirror's: from, to.
    #[serde(default)]
    pub registry_mirrors: BTreeMap<String, String>,
    /// A secret of the namespace with credentials for pulling images.
    #[serde(default)]
    pub image_pull_secret: Option<String>,
    /// Labels of the nodes that machines may run on; none: every node.
    #[serde(default)]
    pub node_selector: BTreeMap<String, String>,
    /// Taints that machines tolerate.
    #[serde(default)]
    pub tolerations: Vec<Toleration>,
    /// The runtime that isolates machines, such as a sandboxing one.
    #[serde(default)]
    pub runtime_class: Option<String>,
    /// The priority of machines.
    #[serde(default)]
    pub priority_class: Option<String>,
    /// The storage class of homes; without it the cluster's default.
    #[serde(default)]
    pub storage_class: Option<String>,
    /// How homes are mounted. The default lets no two pods mount one home at once.
    #[serde(default = "default_home_access_mode")]
    pub home_access_mode: String,
    /// The extended resource that one GPU of a template is.
    #[serde(default = "default_gpu_resource")]
    pub gpu_resource: String,
    /// Kinds of place that templates may name. For machines that name none the fields above count.
    #[serde(default)]
    pub placements: BTreeMap<PlacementName, Placement>,
    /// The user and group that machines run as; never 0.
    #[serde(default = "default_user_id")]
    pub user_id: i64,
    /// Scratch space of a machine whose template asks for none, in MiB.
    #[serde(default = "default_scratch_mib")]
    pub scratch_mib: u64,
    /// How long a machine of a node that does not answer is waited for, in seconds.
    #[serde(default = "default_lost_node_s")]
    pub lost_node_s: i64,
    /// Address ranges that machines with `egress: internet` do not reach, besides all private ones: the public
    /// addresses of the API server, nodes and load balancers.
    #[serde(default)]
    pub egress_denied: Vec<String>,
    /// The domain of the cluster's own names.
    #[serde(default = "default_cluster_domain")]
    pub cluster_domain: String,
    /// Nodes that an autoscaler may add, by what a machine may use of one. With any, machines without room wait as
    /// pending pods, so that the autoscaler sees them; as many as fit on these nodes, each counted once. A size that
    /// stands here several times is added as often at a time.
    #[serde(default)]
    pub autoscaled_nodes: Vec<Resources>,
    /// Most requests to the API server in a second.
    #[serde(default = "default_requests_per_second")]
    pub requests_per_second: u32,
}

/// A kind of place for machines. It is as it says, with nothing of the fields of the same name around it, except for
/// the two that say so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Placement {
    /// Labels of its nodes; none: every node.
    pub node_selector: BTreeMap<String, String>,
    /// Taints that its machines tolerate.
    pub tolerations: Vec<Toleration>,
    /// The runtime that isolates its machines: without it the one of all machines, with an empty text the cluster's own.
    pub runtime_class: Option<String>,
    /// The extended resource that one GPU of a template is here; without it the one of all machines.
    pub gpu_resource: Option<String>,
    /// What each machine gets of extended resources, in whole pieces, by their names: `example.com/fpga`.
    pub extended: BTreeMap<String, u64>,
}

/// Who may speak to agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Caller {
    /// Pods with these labels, in a namespace.
    Pods {
        /// Their namespace.
        namespace: String,
        /// Their labels.
        labels: BTreeMap<String, String>,
    },
    /// An address range.
    Cidr(String),
}

/// A taint that machines tolerate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    /// The taint's key.
    pub key: String,
    /// The taint's value; without it any.
    #[serde(default)]
    pub value: Option<String>,
    /// The taint's effect; without it any.
    #[serde(default)]
    pub effect: Option<String>,
}

const fn default_agent_port() -> u16 {
    7070
}

fn default_home_access_mode() -> String {
    "ReadWriteOncePod".to_owned()
}

fn default_gpu_resource() -> String {
    "nvidia.com/gpu".to_owned()
}

fn default_cluster_domain() -> String {
    "cluster.local".to_owned()
}

const fn default_user_id() -> i64 {
    1000
}

const fn default_scratch_mib() -> u64 {
    2048
}

const fn default_lost_node_s() -> i64 {
    30
}

/// A class of hundreds starts in seconds. The API server's own fairness bounds it besides, and its 429 is obeyed.
const fn default_requests_per_second() -> u32 {
    200
}

impl Placement {
    /// What is wrong with it where GPUs are called `gpu_resource`; what types cannot say.
    pub(crate) fn mistake(&self, gpu_resource: &str) -> Option<String> {
        let gpu_resource = self.gpu_resource.as_deref().unwrap_or(gpu_resource);
        self.extended.iter().find_map(|(name, count)| {
            if !is_extended(name) {
                Some(format!("extended has {name}, which is no extended resource: write example.com/fpga"))
            } else if name == gpu_resource {
                Some(format!("extended has {name}, which templates ask for as gpus: leave it out"))
            } else {
                (*count == 0).then(|| format!("extended has 0 of {name}: write 1 or more, or leave it out"))
            }
        })
    }
}

/// Resources of a domain of their own, which the cluster counts in whole pieces.
fn is_extended(name: &str) -> bool {
    let parts = name.split_once('/').filter(|(domain, rest)| !domain.is_empty() && !rest.is_empty());
    parts.is_some() && !name.contains("kubernetes.io/")
}

impl Config {
    /// The defaults, with this namespace and agent.
    #[must_use]
    pub fn new(namespace: impl Into<String>, agent_image: impl Into<String>) -> Self {
        Self {
            kubeconfig: None,
            namespace: namespace.into(),
            agent_image: agent_image.into(),
            agent_port: default_agent_port(),
            agent_callers: Vec::new(),
            default_registry: None,
            registry_mirrors: BTreeMap::new(),
            image_pull_secret: None,
            node_selector: BTreeMap::new(),
            tolerations: Vec::new(),
            runtime_class: None,
            priority_class: None,
            storage_class: None,
            home_access_mode: default_home_access_mode(),
            gpu_resource: default_gpu_resource(),
            placements: BTreeMap::new(),
            user_id: default_user_id(),
            scratch_mib: default_scratch_mib(),
            lost_node_s: default_lost_node_s(),
            egress_denied: Vec::new(),
            cluster_domain: default_cluster_domain(),
            autoscaled_nodes: Vec::new(),
            requests_per_second: default_requests_per_second(),
        }
    }
}
