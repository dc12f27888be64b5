//! Sandboxes on a real cluster, beside bare pods in the same run. This program starts the cluster, enters its network
//! as another process of itself, which measures, and stops the cluster.

mod audit;
mod cluster;
mod events;
mod many;
mod order;
mod pairs;
mod region;
mod results;
mod routes;

use std::process::ExitCode;

use self::cluster::Cluster;
use self::order::Order;
use crate::report::Section;
use crate::run::Effort;

/// Pairs of a sandbox and a bare pod, for each run of other benchmarks.
const PAIRS_PER_RUN: usize = 10;
/// Sandboxes at once on simulated nodes.
const MANY: usize = 500;
const MANY_QUICK: usize = 20;
/// Simulated nodes: each takes 110 pods.
const FAKE_NODES: usize = 10;

const HOW: &str = "A two-node Kubernetes 1.34 with Cilium on this computer (`tests/cluster`), a region of one api-server, \
    one proxy and one jobrunner on PostgreSQL (fsync on) in its network. **Pairs**: a sandbox of one small container, \
    from the platform's create until the platform's event stream says `ready` (its agent answers, through the network \
    policies); then a bare POST of the very same pod under a watch that was open before, until the watch says that it \
    is ready; one after another, in turns. **Many**: creates by as many clients at once as there are bare POSTs at \
    once, on nodes that kwok simulates, in turns. Nothing runs on such nodes, so no agent answers: there a sandbox has \
    arrived when its phase is `starting`, which says that the provider lists its pod as running; a bare pod when the \
    watch says that it is ready. **Route**: from the event `ready` until a browser's status at the proxy says so.";

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let cluster = Cluster::start(FAKE_NODES)?;
    let is_quick = effort.runs == 1;
    let order = Order {
        agent_image: cluster.push_agent()?,
        audit_log: cluster.audit_log(),
        pairs: if is_quick { effort.times } else { effort.runs * PAIRS_PER_RUN },
        many: if is_quick { MANY_QUICK } else { MANY },
        rounds: effort.runs,
    };
    let measured = order.carried_out_in(&cluster).await;
    cluster.stop()?;
    Ok(measured?.section(HOW))
}

/// The part that runs in the cluster's network: whether this process was started for it.
pub(crate) fn order_of(arguments: impl Iterator<Item = String>) -> Option<String> {
    order::given(arguments)
}

/// Measures as ordered, and prints what came out.
pub(crate) async fn measure(order: &str) -> anyhow::Result<ExitCode> {
    let order: Order = serde_json::from_str(order)?;
    println!("{}", serde_json::to_string(&order.measure().await?)?);
    Ok(ExitCode::SUCCESS)
}
