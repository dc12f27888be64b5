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
use self::server::SIDES;
use self::upstream::Upstream;
use crate::report::Section;
use crate::run::Effort;

const HOW: &str = "N clients pull the same at once, each blob on a connection of its own: a blob of 134 MB; the same \
    blob out of 5 repositories; an image of 12 layers (135 MB), its manifest first, then 3 layers at a time as \
    containerd does. All servers fetch from one registry that sends 200 MB/s over all connections together and counts \
    its bytes. For each run a server starts on an empty folder, is pulled from (cold), and, once it fetches no more, \
    once again (warm). The clients check each length; the kernel drops the bytes that they receive, since in a region \
    that copying happens on other computers. First byte: of the content of a client's first blob, from the moment at \
    which all begin. CPU and peak memory are those of all processes of a server.";
/// By the walls that were seen all of it takes about 22 minutes, 14 of which docker-registry needs at N = 32 and 128.
const NOTE: &str = "docker-registry fetches once for each client, so that at N = 128 the upstream's 200 MB/s alone \
    make 86 s of each cold run. Clients and upstream share the cores with the server. CPU is counted in steps of \
    10 ms. The upstream may send 20 ms ahead after a pause, so cold walls that differ by less count as equal.";

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let peers = server::versions()?;
    let scenes: &[Scene] = if effort.runs == 1 { &FEW_SCENES } else { &SCENES };
    let upstream = Upstream::start().await?;
    let mut results = Results::default();
    for &scene in scenes {
        eprintln!("  {scene} …");
        for _ in 0..effort.runs {
            for side in SIDES {
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
