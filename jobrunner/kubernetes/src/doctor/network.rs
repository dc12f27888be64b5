//! Whether network policies hold: one pod that a policy lets through reaches a machine, one that none does must not.

use domain::check::Check;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::Api;
use serde_json::{Value, json};

use super::Doctor;
use super::trial::{Made, Unmade, create};
use crate::names::REGION;

const NAME: &str = "network";
/// Which of the two pods it is.
const GUEST: &str = "qingjiao.io/doctor-guest";
const ALLOWED: &str = "allowed";
const REFUSED: &str = "refused";
/// How long a pod goes on trying, in seconds.
const ALLOWED_TRIES_S: u32 = 30;
const REFUSED_TRIES_S: u32 = 5;

pub(super) async fn check(doctor: &Doctor, machine: &Made) -> Check {
    match attempts(doctor, machine).await {
        Ok((true, false)) => {
            Check::good(NAME, "policies are enforced: who may reaches a machine, others do not")
        }
        Ok((_, true)) => Check::bad(
            NAME,
            "a pod reached a machine though a network policy denies it: students would reach each other",
            "use a network plugin that enforces NetworkPolicy, and switch that on (on ACK: Terway with NetworkPolicy)",
        ),
        Ok((false, false)) => Check::bad(
            NAME,
            "a pod did not reach a machine though a network policy lets it",
            "look for policies of the cluster that stand above those of namespaces, and whether pods of different nodes \
             reach each other",
        ),
        Err(unmade) => Check::bad(
            NAME,
            format!("not tried: {}", unmade.words),
            "look at the events of the namespace: kubectl get events",
        ),
    }
}

/// Whether the one got through, and the other.
async fn attempts(doctor: &Doctor, machine: &Made) -> Result<(bool, bool), Unmade> {
    for policy in [deny_all(doctor), allow(doctor)] {
        apply(doctor, machine, policy).await?;
    }
    let ip = machine.pod.status.as_ref().and_then(|status| status.pod_ip.clone()).unwrap_or_default();
    let address = if ip.contains(':') { format!("[{ip}]") } else { ip };
    let target = format!("{address}:{}", doctor.config.agent_port);
    // The one first: once it gets through, the policies have arrived where they hold.
    let allowed = reaches(doctor, ALLOWED, &target, ALLOWED_TRIES_S).await?;
    let refused = reaches(doctor, REFUSED, &target, REFUSED_TRIES_S).await?;
    Ok((allowed, refused))
}

fn deny_all(doctor: &Doctor) -> Value {
    let everything = json!({REGION: doctor.trial.region});
    json!({"name": "deny-all", "spec": {"podSelector": {"matchLabels": everything}, "policyTypes": ["Ingress", "Egress"]}})
}

/// As the policies of a region do it: the agent's port, for one kind of pod.
fn allow(doctor: &Doctor) -> Value {
    let pods =
        |guest: &str| json!({"podSelector": {"matchLabels": {REGION: doctor.trial.region, GUEST: guest}}});
    let ports = json!([{"protocol": "TCP", "port": doctor.config.agent_port}]);
    let ours = json!({"podSelector": {"matchLabels": {REGION: doctor.trial.region}}});
    json!({"name": "allow", "spec": {
        "podSelector": {"matchLabels": {REGION: doctor.trial.region}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [pods(ALLOWED)], "ports": ports}],
        "egress": [{"to": [ours], "ports": ports}],
    }})
}

/// Makes a policy that the cluster removes with the machine: a jobrunner may not delete policies.
async fn apply(doctor: &Doctor, machine: &Made, policy: Value) -> Result<(), Unmade> {
    let meta = &machine.pod.metadata;
    let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": meta.name, "uid": meta.uid});
    let name = format!("{}-{}", doctor.trial.region, policy["name"].as_str().unwrap_or_default());
    let policy = json!({"metadata": {"name": name, "ownerReferences": [owner]}, "spec": policy["spec"]});
    let policy: NetworkPolicy = read(policy)?;
    let api: Api<NetworkPolicy> = Api::namespaced(doctor.client.clone(), &doctor.config.namespace);
    create(doctor, &api, doctor.trial.marked(policy)).await.map(drop)
}

/// Whether a pod gets through to a target.
async fn reaches(doctor: &Doctor, guest: &str, target: &str, tries_s: u32) -> Result<bool, Unmade> {
    // Made like a machine, so that it stands where machines do; only what it runs differs.
    let name = format!("{}-{guest}", doctor.trial.region);
    let template =
        doctor.trial.guest(doctor).ok_or_else(|| Unmade { cause: None, words: "no pod".to_owned() })?;
    let mut pod = serde_json::to_value(template).unwrap_or_default();
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["labels"] = json!({REGION: doctor.trial.region, GUEST: guest});
    let mut container = pod["spec"]["initContainers"][0].take();
    container["command"] = json!(["/agent", "reach", target, tries_s.to_string()]);
    container["volumeMounts"] = json!([]);
    pod["spec"]["initContainers"] = json!([]);
    pod["spec"]["containers"] = json!([container]);
    let pod: Pod = read(pod)?;
    create(doctor, &doctor.trial.pods, doctor.trial.marked(pod)).await?;
    match doctor.trial.ends(doctor, &name).await? {
        0 => Ok(true),
        1 => Ok(false),
        code => Err(Unmade {
            cause: None,
            words: format!("`agent reach` ended with {code}: is {} too old?", doctor.config.agent_image),
        }),
    }
}

fn read<K: serde::de::DeserializeOwned>(object: Value) -> Result<K, Unmade> {
    serde_json::from_value(object).map_err(|error| Unmade { cause: None, words: error.to_string() })
}
