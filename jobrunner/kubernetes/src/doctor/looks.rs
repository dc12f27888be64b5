//! What is seen without making anything: the version, and nodes that take machines.

use domain::check::Check;
use domain::provider::Capacity;
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::ListParams;

use super::Doctor;
use crate::call::call;
use crate::room::Room;

const NAME: &str = "cluster";
const NODES: &str = "nodes";
/// The oldest version whose API has all that is used.
const MINOR_MIN: u32 = 28;

pub(super) async fn version(doctor: &Doctor) -> Check {
    match call(&doctor.gate, doctor.client.apiserver_version()).await {
        Ok(version) => judge_version(&version.major, &version.minor, &version.git_version),
        Err(answer) => Check::bad(
            NAME,
            domain::provider::Error::from(answer).to_string(),
            "check the address and the credentials in the kubeconfig, and that this computer may reach the API server",
        ),
    }
}

/// Providers add signs to the minor version, such as `34+`.
fn judge_version(major: &str, minor: &str, full: &str) -> Check {
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    let is_new = major == "1" && digits.parse::<u32>().is_ok_and(|minor| minor >= MINOR_MIN);
    if is_new {
        return Check::good(NAME, format!("Kubernetes {full}"));
    }
    let remedy = format!("upgrade the cluster to Kubernetes 1.{MINOR_MIN} or newer");
    Check::bad(NAME, format!("Kubernetes {full} is too old"), remedy)
}

pub(super) async fn nodes(doctor: &Doctor) -> Check {
    let api: Api<Node> = Api::all(doctor.client.clone());
    match call(&doctor.gate, api.list(&ListParams::default())).await {
        Ok(listed) => judge_nodes(doctor, &listed.items),
        Err(answer) => Check::bad(
            NODES,
            domain::provider::Error::from(answer).to_string(),
            "give the jobrunner the right to list nodes, as the chart does",
        ),
    }
}

fn judge_nodes(doctor: &Doctor, nodes: &[Node]) -> Check {
    let room = Room::new(&doctor.config, nodes.iter(), std::iter::empty(), std::iter::empty());
    let Capacity { total, .. } = room.capacity(&doctor.config, Timestamp::default());
    let there = nodes.len();
    if total.cpu_millis > 0 || !doctor.config.autoscaled_nodes.is_empty() {
        let (cpus, gib) = (total.cpu_millis / 1000, total.memory_mib / 1024);
        return Check::good(NODES, format!("{there}, with {cpus} CPUs and {gib} GiB for machines"));
    }
    Check::bad(
        NODES,
        format!("none of {there} nodes takes machines"),
        "make a node ready and uncordon it, or correct kubernetes.node_selector and kubernetes.tolerations",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_refused() {
        for (minor, ok) in [("27", false), ("28", true), ("34+", true), ("x", false)] {
            assert_eq!(judge_version("1", minor, "v1").is_good(), ok, "{minor}");
        }
    }
}
