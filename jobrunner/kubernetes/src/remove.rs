//! Removing machines and homes by the uid that names one object for ever.

use std::sync::Arc;

use domain::id::RegionName;
use domain::provider::{Error, Kind, ResourceId, Tags};
use domain::time::Timestamp;
use futures_util::future::join_all;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions, PropagationPolicy};
use serde_json::json;

use crate::call::{Answer, call};
use crate::cluster::Cluster;
use crate::copy::{Copy, Kind as Watched};
use crate::names::{self, EXPIRES_AT, ObjectId};

/// Begins to remove what is ours of these. One that fails does not keep the others.
pub(crate) async fn remove(cluster: &Cluster, ids: &[ResourceId]) -> Result<(), Error> {
    let ours = ids.iter().filter_map(ObjectId::parse);
    let removals = join_all(ours.map(|id| async move {
        match id.kind {
            Kind::Machine => remove_one(cluster, &cluster.pods, &id).await,
            Kind::Home => remove_one(cluster, &cluster.claims, &id).await,
        }
    }));
    removals.await.into_iter().collect()
}

async fn remove_one<K: Watched>(cluster: &Cluster, copy: &Copy<K>, id: &ObjectId) -> Result<(), Error> {
    let Some((tags, meta)) = ours(cluster, copy, id).await? else { return Ok(()) };
    if id.kind == Kind::Machine {
        cluster.fence.note_removal(&tags, &id.resource(), cluster.clock.now());
    }
    if meta.deletion_timestamp.is_some() {
        return Ok(());
    }
    let only_this = Preconditions { uid: Some(id.uid.clone()), resource_version: None };
    let params = DeleteParams {
        preconditions: Some(only_this),
        propagation_policy: Some(PropagationPolicy::Background),
        ..DeleteParams::default()
    };
    match call(&cluster.gate, copy.api().delete(&id.name, &params)).await {
        Ok(answer) => {
            if let Some(object) = answer.left() {
                copy.put(object);
            }
            Ok(())
        }
        Err(Answer::NotFound | Answer::Conflict) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// The object with this id, when it is there and this region's.
async fn ours<K: Watched>(
    cluster: &Cluster,
    copy: &Copy<K>,
    id: &ObjectId,
) -> Result<Option<(Tags, ObjectMeta)>, Error> {
    if let Some(object) = copy.get(&id.uid) {
        return Ok(of_region(&cluster.region, id, object.meta()));
    }
    let there = call(&cluster.gate, copy.api().get_metadata_opt(&id.name)).await?;
    Ok(there.and_then(|there| of_region(&cluster.region, id, &there.metadata)))
}

fn of_region(region: &RegionName, id: &ObjectId, meta: &ObjectMeta) -> Option<(Tags, ObjectMeta)> {
    let tags = names::tags(id.kind, meta).filter(|tags| &tags.region == region)?;
    (meta.uid.as_deref() == Some(&id.uid)).then(|| (tags, meta.clone()))
}

/// Sets when a home may be swept; one that is gone is no error.
pub(crate) async fn keep_home(
    cluster: &Arc<Cluster>,
    home: &ResourceId,
    until: Option<Timestamp>,
) -> Result<(), Error> {
    let Some(id) = ObjectId::parse(home).filter(|id| id.kind == Kind::Home) else { return Ok(()) };
    if ours(cluster, &cluster.claims, &id).await?.is_none() {
        return Ok(());
    }
    let until = until.map(|until| until.to_string());
    // A uid in a patch is a precondition.
    let patch = json!({"metadata": {"uid": id.uid, "annotations": {EXPIRES_AT: until}}});
    let api = cluster.claims.api();
    match call(&cluster.gate, api.patch(&id.name, &PatchParams::default(), &Patch::Merge(&patch))).await {
        Ok(claim) => {
            cluster.claims.put(claim);
            Ok(())
        }
        Err(Answer::NotFound | Answer::Conflict) => Ok(()),
        Err(other) => Err(other.into()),
    }
}
