//! Small requests to one app: directly, through its machine's agent, through proxy and agent, and through nginx.

pub(crate) mod app;
mod load;
mod machine;
mod nginx;
mod wrk;

use tests::outside::Region;

use self::machine::Machine;
use self::nginx::Nginx;
use crate::figures::Spread;
use crate::machine::version_of;
use crate::report::Section;
use crate::run::Effort;

/// Keep-alive connections at once.
const CONNECTIONS: usize = 64;

const HOW: &str = "64 keep-alive connections ask for the same small answer of the same app (a few lines on hyper), \
    whole seconds long. Directly and behind nginx the app runs as a process of this computer; behind proxy and agent \
    it runs in a machine of `local` on a region that runs as one process. wrk is the load; as it cannot speak \
    CONNECT, the agent alone is loaded by this program, and the app too, to compare with.";
const FIRST: &str = "First figures, no goal yet. Load and everything loaded share the same cores. nginx passes bytes \
    on; the proxy also verifies a cookie, and the agent a signed token for each connection to the app.";

/// Where the load comes from.
const WRK: &str = "wrk";
const OWN: &str = "own";

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let state = Region::folder()?;
    let measured = on(state.path(), effort).await;
    Region::end_machines(state.path()).await?;
    measured
}

async fn on(state: &std::path::Path, effort: Effort) -> anyhow::Result<Section> {
    let app = app::Process::start().await?;
    let nginx = Nginx::start(app.address()).await?;
    let (region, machine) = Machine::start(state).await?;
    let ways = [
        ("directly", WRK),
        ("through nginx", WRK),
        ("through proxy and agent", WRK),
        ("directly", OWN),
        ("through the agent", OWN),
    ];
    let mut figures = ways.map(|_| Vec::new());
    for _ in 0..effort.runs {
        let rates = [
            wrk::run(app.address(), &[], effort.load).await?,
            wrk::run(nginx.address(), &[], effort.load).await?,
            wrk::run(region.proxy(), &machine.headers()?, effort.load).await?,
            load::direct(app.address(), effort.load).await?,
            load::through_agent(&machine, effort.load).await?,
        ];
        figures.iter_mut().zip(rates).for_each(|(figures, rate)| figures.push(rate));
    }
    nginx.stop().await?;
    app.stop().await?;
    region.close().await?;
    let mut table = vec![["way", "load", "requests / s"].map(ToOwned::to_owned).to_vec()];
    for ((way, load), figures) in ways.iter().zip(&figures) {
        table.push(vec![(*way).to_owned(), (*load).to_owned(), Spread::of(figures).to_string()]);
    }
    Ok(Section {
        how: HOW.to_owned(),
        peers: vec![version_of("nginx", "-v"), version_of("wrk", "-v")],
        table,
        notes: vec![FIRST.to_owned()],
        ..Section::default()
    })
}
