//! What is seen without making anything: the version, and nodes that take machines.

use domain::check::Check;
use domain::provider::Capacity;
use domain::time::Timestamp;
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::ListParams;

use super::Doctor;
use crate::Config;
use crate::call::call;
use crate::place::Place;
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
        Ok(listed) => judge_nodes(&doctor.config, &listed.items),
        Err(answer) => Check::bad(
            NODES,
            domain::provider::Error::from(answer).to_string(),
            "give the jobrunner the right to list nodes, as the chart does",
        ),
    }
}

/// Nodes that take machines which name no placement are needed; those of a placement, for the templates that name it.
fn judge_nodes(config: &Config, nodes: &[Node]) -> Check {
    let there = nodes.len();
    let may_grow = !config.autoscaled_nodes.is_empty();
    if !may_grow && !has_node(&config.default_place(), nodes) {
        return Check::bad(
            NODES,
            format!("none of {there} nodes takes machines"),
            "make a node ready and uncordon it, or correct kubernetes.node_selector and kubernetes.tolerations",
        );
    }
    let empty = config
        .placements
        .keys()
        .find(|name| !may_grow && config.place(Some(*name)).is_some_and(|place| !has_node(&place, nodes)));
    if let Some(name) = empty {
        return Check::warning(
            NODES,
            format!("none of {there} nodes takes machines of the placement {name}"),
            format!("make such a node ready and uncordon it, or correct kubernetes.placements.{name}"),
        );
    }
    let room = Room::new(config, nodes.iter(), std::iter::empty(), std::iter::empty());
    let Capacity { total, .. } = room.capacity(config, Timestamp::default());
    let (cpus, gib) = (total.cpu_millis / 1000, total.memory_mib / 1024);
    Check::good(NODES, format!("{there}, with {cpus} CPUs and {gib} GiB for machines"))
}

fn has_node(place: &Place<'_>, nodes: &[Node]) -> bool {
    nodes.iter().any(|node| place.takes_machines(node) && !place.is_used_up(node, &[]))
}

#[cfg(test)]
mod tests {
    use domain::check::Mark;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_place_has_a_node() {
        let node = json!({"metadata": {"name": "one", "labels": {"pool": "a"}},
            "status": {"allocatable": {"cpu": "2", "memory": "4Gi"},
                "conditions": [{"type": "Ready", "status": "True"}]}});
        let nodes = [serde_json::from_value::<Node>(node).unwrap()];
        let mut config = Config::new("sandboxes", "agent:1");
        assert!(judge_nodes(&config, &nodes).is_good());
        assert_eq!(judge_nodes(&config, &[]).mark, Mark::Bad);
        let gpu = serde_json::from_value(json!({"node_selector": {"pool": "gpu"}})).unwrap();
        config.placements.insert("gpu".parse().unwrap(), gpu);
        let lacking = judge_nodes(&config, &nodes);
        assert_eq!(lacking.mark, Mark::Warning);
        assert!(lacking.remedy.contains("kubernetes.placements.gpu"), "{}", lacking.remedy);
        config.autoscaled_nodes.push(domain::resources::Resources::default());
        assert!(judge_nodes(&config, &nodes).is_good());
    }

    #[test]
    fn old_versions_are_refused() {
        for (minor, ok) in [("27", false), ("28", true), ("34+", true), ("x", false)] {
            assert_eq!(judge_version("1", minor, "v1").is_good(), ok, "{minor}");
        }
    }
}
