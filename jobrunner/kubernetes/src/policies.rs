//! Network policies in the cluster: there before the first machine that needs them, and put right now and then.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::provider::{Error, MachineSpec};
use k8s_openapi::NamespaceResourceScope;
use kube::api::{Patch, PatchParams};
use kube::{Api, Resource};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::call::call;
use crate::cluster::Cluster;
use crate::copy::Kind;
use crate::manifest::{self, Class};
use crate::names::ObjectId;

/// Who applies them, as the cluster notes it.
const FIELD_MANAGER: &str = "qingjiao-jobrunner";
/// How long a policy is believed to be as it was applied.
const BELIEVED_FOR: Duration = Duration::from_secs(300);

/// When each policy was applied last, by name.
#[derive(Debug, Default)]
pub(crate) struct Policies(Mutex<BTreeMap<String, Instant>>);

impl Policies {
    /// Applies the policies that a machine of this class needs.
    pub(crate) async fn ensure(&self, cluster: &Cluster, class: &Class) -> Result<(), Error> {
        let region = cluster.region.as_str();
        let mut wanted = manifest::standing(&cluster.config, region);
        wanted.extend(manifest::listed(&cluster.config, region, class));
        let mut applied = self.0.lock().await;
        for policy in wanted {
            let name = policy.metadata.name.clone().unwrap_or_default();
            if applied.get(&name).is_some_and(|at| at.elapsed() < BELIEVED_FOR) {
                continue;
            }
            apply(cluster, &name, &policy, FIELD_MANAGER).await?;
            applied.insert(name, Instant::now());
        }
        Ok(())
    }
}

/// Lets a machine and its peers find and reach each other.
pub(crate) async fn connect_peers(
    cluster: &Cluster,
    spec: &MachineSpec,
    pod: &ObjectId,
) -> Result<(), Error> {
    let name = spec.tags.sandbox.as_str();
    let manager = format!("{FIELD_MANAGER}-{}-{}", spec.tags.machine, spec.tags.incarnation);
    let network = manifest::network(&cluster.config, spec, pod);
    apply(cluster, name, &network, &manager).await?;
    let names = manifest::names(&cluster.config, spec, pod);
    apply(cluster, name, &names, &manager).await
}

async fn apply<K>(cluster: &Cluster, name: &str, object: &K, manager: &str) -> Result<(), Error>
where
    K: Kind + Serialize + Resource<Scope = NamespaceResourceScope>,
{
    let api: Api<K> = Api::namespaced(cluster.client.clone(), &cluster.config.namespace);
    let params = PatchParams::apply(manager).force();
    call(&cluster.gate, api.patch(name, &params, &Patch::Apply(object))).await?;
    Ok(())
}
