//! Many clients that pull the same at once: the mirror, and what others put in its place.

mod client;
mod goals;
mod results;
mod run;
mod scene;
mod server;
mod upstream;
mod usage;

use self::results::Results;
use self::scene::{FEW_SCENES, SCENES, Scene};
use self::server::{SIDES, Side};
use self::upstream::Upstream;
use crate::report::Section;
use crate::run::Effort;

/// From here docker-registry, which fetches once for each client, is measured once.
const REGISTRY_ONCE_FROM: usize = 32;
/// From here it isn't: its time is what the upstream's bandwidth says.
const REGISTRY_NEVER_FROM: usize = 128;

const HOW: &str = "N clients pull the same at once, each blob on a connection of its own: a blob of 134 MB; the same \
    blob out of 5 repositories; an image of 12 layers (135 MB), its manifest first, then 3 layers at a time as \
    containerd does. All servers fetch from one registry that sends 200 MB/s over all connections together and counts \
    its bytes. For each run a server starts on an empty folder, is pulled from (cold), and, once it fetches no more, \
    once again (warm). The clients check each length; the kernel drops the bytes that they receive, since in a region \
    that copying happens on other computers. First byte: of the content of a client's first blob, from the moment at \
    which all begin. CPU and peak memory are those of all processes of a server.";
const NOTE: &str = "docker-registry fetches once for each client: one run at N = 32, none at N = 128, where 200 \
    MB/s alone make 86 s. Clients and upstream share the cores with the server. CPU is counted in steps of \
    10 ms. The upstream may send 20 ms ahead after a pause, so cold walls that differ by less count as equal.";

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let peers = server::versions()?;
    let scenes: &[Scene] = if effort.runs == 1 { &FEW_SCENES } else { &SCENES };
    let upstream = Upstream::start().await?;
    let mut results = Results::default();
    for &scene in scenes {
        eprintln!("  {scene} …");
        for round in 0..effort.runs {
            for side in SIDES.into_iter().filter(|side| round < runs(*side, scene, effort)) {
                let run = run::run(side, scene, &upstream).await;
                let run = run.map_err(|error| error.context(format!("{}, {scene}", side.name())))?;
                results.add(scene, side, run);
            }
        }
    }
    Ok(Section {
        how: HOW.to_owned(),
        peers,
        table: results.table(scenes),
        goals: goals::goals(&results, scenes),
        notes: vec![NOTE.to_owned()],
    })
}

fn runs(side: Side, scene: Scene, effort: Effort) -> usize {
    match (side, scene.clients()) {
        (Side::Registry, REGISTRY_NEVER_FROM..) => 0,
        (Side::Registry, REGISTRY_ONCE_FROM..) => 1,
        _ => effort.runs,
    }
}
