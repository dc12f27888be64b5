//! Making one machine: its policies, its home, its pod, each under a name that makes a repeat find it.

use domain::cause::Code;
use domain::id::PlacementName;
use domain::provider::{Ensured, Error, Kind, MachineSpec, Tags};
use domain::template::{Container, Runs};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PostParams;

use crate::Config;
use crate::call::{Answer, call};
use crate::cluster::Cluster;
use crate::copy::{Copy, Kind as Watched};
use crate::fence;
use crate::manifest::{self, Class};
use crate::names::{self, ObjectId};
use crate::place::Place;
use crate::policies;
use crate::room::Fit;

/// Makes a machine unless it was made already.
pub(crate) async fn ensure(cluster: &Cluster, spec: &MachineSpec) -> Ensured {
    let (image, class, place) = check(cluster, spec)?;
    if let Some(removed) = cluster.fence.check(&spec.tags)? {
        return Ok(removed);
    }
    cluster.filled().await?;
    if let Some(there) = known(cluster, &spec.tags)? {
        return finish(cluster, spec, &there).await;
    }
    fits(cluster, spec, &place).await?;
    cluster.policies.ensure(cluster, &class).await?;
    ensure_home(cluster, spec).await?;
    let pod = manifest::pod(&place, spec, image, &class, cluster.clock.now());
    let there = ensure_pod(cluster, &spec.tags, &pod).await?;
    finish(cluster, spec, &there).await
}

/// What follows a pod: its way to its peers, which needs the pod's uid. A repeat does it again.
async fn finish(cluster: &Cluster, spec: &MachineSpec, pod: &ObjectId) -> Ensured {
    if !spec.peers.is_empty() {
        policies::connect_peers(cluster, spec, pod).await?;
    }
    cluster.fence.note_made(&spec.tags, &pod.resource(), cluster.clock.now());
    Ok(pod.resource())
}

/// What is refused whatever the cluster looks like.
fn check<'a>(
    cluster: &'a Cluster,
    spec: &'a MachineSpec,
) -> Result<(&'a Container, Class, Place<'a>), Error> {
    let no = |detail: String| Error::Rejected { code: Code::MachineRejected, detail };
    let Runs::Container(image) = &spec.machine.runs else {
        let kind = spec.machine.runs.kind();
        return Err(no(format!("runs is {kind}, but this region's cluster runs only container")));
    };
    if spec.tags.region != cluster.region {
        return Err(no(format!("this is region {}, not {}", cluster.region, spec.tags.region)));
    }
    if spec.deadline_s == 0 {
        return Err(no("its deadline must be at least 1 s".to_owned()));
    }
    let class = manifest::class(&cluster.config, &spec.network.egress).map_err(no)?;
    let place = place_of(&cluster.config, spec.machine.placement.as_ref()).map_err(no)?;
    Ok((image, class, place))
}

/// Where a machine goes; what is wrong when this region has no such place.
fn place_of<'a>(config: &'a Config, placement: Option<&PlacementName>) -> Result<Place<'a>, String> {
    config.place(placement).ok_or_else(|| {
        let known: Vec<_> = config.placements.keys().map(PlacementName::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { format!("only {}", known.join(", ")) };
        let asked = placement.map_or("", PlacementName::as_str);
        format!("placement is {asked}, but this region has {known}")
    })
}

/// The machine, when the copy knows it: most repeats make nothing.
fn known(cluster: &Cluster, tags: &Tags) -> Result<Option<ObjectId>, Error> {
    let name = names::pod(tags);
    let pods = cluster.pods.all();
    let pod = pods.iter().find(|pod| pod.metadata.name.as_deref() == Some(&name));
    pod.map(|pod| same(tags, &pod.metadata)).transpose()
}

async fn fits(cluster: &Cluster, spec: &MachineSpec, place: &Place<'_>) -> Result<(), Error> {
    let (room, asked) = (cluster.room_in(place).await?, spec.machine.resources);
    match room.fit(&cluster.config, asked) {
        Fit::Yes => Ok(()),
        Fit::NotNow => Err(Error::NoCapacity { detail: Some(room.lacking(asked)) }),
        Fit::Never(field) => {
            let placement = spec.machine.placement.as_ref();
            let whose =
                placement.map_or_else(|| "this region".to_owned(), |name| format!("placement {name}"));
            let detail = format!("resources.{field} is more than any node of {whose} has");
            Err(Error::Rejected { code: Code::MachineRejected, detail })
        }
    }
}

/// Makes the home that a machine mounts, unless it is there.
async fn ensure_home(cluster: &Cluster, spec: &MachineSpec) -> Result<(), Error> {
    let Some(claim) = manifest::home(&cluster.config, spec, cluster.clock.now()) else { return Ok(()) };
    let there = create_or_get(cluster, &cluster.claims, &claim).await?;
    let generation = names::tags(Kind::Home, &there).map(|tags| (tags.region, tags.incarnation));
    if generation != Some((spec.tags.region.clone(), spec.home_generation)) {
        return Err(foreign(&there));
    }
    match there.deletion_timestamp {
        Some(_) => Err(Error::Unavailable { detail: "its home is being removed".to_owned() }),
        None => Ok(()),
    }
}

async fn ensure_pod(cluster: &Cluster, tags: &Tags, pod: &Pod) -> Result<ObjectId, Error> {
    let there = create_or_get(cluster, &cluster.pods, pod).await?;
    same(tags, &there)
}

/// The id of what is there, if it is the machine that was asked for.
fn same(tags: &Tags, there: &ObjectMeta) -> Result<ObjectId, Error> {
    let found = names::tags(Kind::Machine, there).filter(|found| found.region == tags.region);
    let Some(found) = found else { return Err(foreign(there)) };
    if found.incarnation > tags.incarnation {
        return Err(fence::too_late());
    }
    if found.incarnation < tags.incarnation {
        let detail = "its last incarnation is still there".to_owned();
        return Err(Error::Unavailable { detail });
    }
    let id = ObjectId::of(Kind::Machine, there);
    id.ok_or_else(|| Error::Unavailable { detail: "the API server gave no uid".to_owned() })
}

fn foreign(there: &ObjectMeta) -> Error {
    let name = there.name.as_deref().unwrap_or_default();
    let detail = format!("the name {name} is taken by something that is not this region's: remove it");
    Error::Rejected { code: Code::MachineRejected, detail }
}

/// Makes an object, or finds the one that has its name. It is never changed: a machine stays as it was made.
async fn create_or_get<K: Watched + serde::Serialize>(
    cluster: &Cluster,
    copy: &Copy<K>,
    object: &K,
) -> Result<ObjectMeta, Error> {
    let created = call(&cluster.gate, copy.api().create(&PostParams::default(), object)).await;
    let there = match created {
        Err(Answer::AlreadyExists) => {
            let name = object.meta().name.clone().unwrap_or_default();
            call(&cluster.gate, copy.api().get(&name)).await?
        }
        other => other?,
    };
    let meta = there.meta().clone();
    copy.put(there);
    Ok(meta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_not_there_is_told_with_those_that_are() {
        let mut config = Config::new("sandboxes", "agent:1");
        let gpu: PlacementName = "gpu".parse().unwrap();
        assert!(place_of(&config, None).is_ok());
        let wrong = place_of(&config, Some(&gpu)).unwrap_err();
        assert_eq!(wrong, "placement is gpu, but this region has none");
        config.placements.insert("fpga".parse().unwrap(), crate::Placement::default());
        let wrong = place_of(&config, Some(&gpu)).unwrap_err();
        assert_eq!(wrong, "placement is gpu, but this region has only fpga");
        config.placements.insert(gpu.clone(), crate::Placement::default());
        assert!(place_of(&config, Some(&gpu)).is_ok());
    }
}
