//! From the platform's create to a prompt in a student's terminal, on `local`.

use std::time::Instant;

use http::StatusCode;
use tests::outside::{Region, Setup, Student};
use tokio::task::JoinSet;

use crate::figures::{Spread, ms, percentile, rounded};
use crate::report::{Goal, Limit, Section};
use crate::run::Effort;

/// Students that come at the same moment.
const AT_ONCE: usize = 10;
const P50_MS_GOAL: f64 = 300.0;
const P99_MS_GOAL: f64 = 1_000.0;
/// How a shell's prompt ends, for students and for root.
const PROMPTS: [&str; 2] = ["$ ", "# "];
/// More than needed: the queue is not what is measured.
const CPU_MILLIS: usize = 250 * (AT_ONCE + 4);

const HOW: &str = "What a platform and a student's browser do, over HTTP, on a region that runs as one process \
    (`region up`): create, ask for access, redeem the ticket at the proxy, follow `/_qj/status` until the sandbox is \
    ready, load the terminal's page, open its WebSocket and wait for the first prompt. A browser's own time to run \
    the page is not in it.";

/// The ways to a prompt.
const STEPS: [&str; 5] = ["create accepted", "entered (access, ticket, cookie)", "ready", "page", "prompt"];

/// When each step was reached, in milliseconds since the create was sent.
type Times = [f64; STEPS.len()];

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let state = Region::folder()?;
    let measured = on(state.path(), effort).await;
    Region::end_machines(state.path()).await?;
    let (alone, together) = measured?;
    let mut table = vec![
        ["step reached", "one after another, p50 ms", "p99 ms", "10 at once, p50 ms", "p99 ms"]
            .map(ToOwned::to_owned)
            .to_vec(),
    ];
    for (index, step) in STEPS.iter().enumerate() {
        let [mut one, mut ten] = [&alone, &together].map(|runs| step_of(runs, index));
        let figures = [percentile(&mut one, 50), percentile(&mut one, 99)];
        let more = [percentile(&mut ten, 50), percentile(&mut ten, 99)];
        let cells = figures.into_iter().chain(more).map(rounded);
        table.push(std::iter::once((*step).to_owned()).chain(cells).collect());
    }
    let mut last = step_of(&alone, STEPS.len() - 1);
    let limits = [("p50, ms", 50, P50_MS_GOAL), ("p99, ms", 99, P99_MS_GOAL)];
    let goal = |(what, percent, limit)| Goal {
        what,
        figure: percentile(&mut last, percent),
        limit: Limit::AtMost(limit),
    };
    let goals = limits.map(goal).into();
    let spread = Spread::of(&step_of(&alone, STEPS.len() - 1));
    let counts = format!(
        "{} one after another: {spread} ms; {} at once, each from the same moment.",
        alone.len(),
        together.len()
    );
    Ok(Section { how: HOW.to_owned(), table, goals, notes: vec![counts], ..Section::default() })
}

async fn on(state: &std::path::Path, effort: Effort) -> anyhow::Result<(Vec<Times>, Vec<Times>)> {
    let setup = Setup { fields: vec![format!("local.cpu_millis={CPU_MILLIS}")], ..Setup::default() };
    let region = Region::up(state, &setup).await?;
    // The first one fills caches, and is not counted.
    one(&region, "warm").await?;
    let mut alone = Vec::new();
    for number in 0..effort.times {
        alone.push(one(&region, &format!("alone-{number}")).await?);
    }
    let mut together = Vec::new();
    for round in 0..effort.runs {
        together.extend(at_once(&region, round).await?);
    }
    region.close().await?;
    Ok((alone, together))
}

async fn at_once(region: &Region, round: usize) -> anyhow::Result<Vec<Times>> {
    let mut students = JoinSet::new();
    for number in 0..AT_ONCE {
        let (platform, proxy) = (region.platform().await?, region.proxy());
        students.spawn(steps(platform, proxy, format!("together-{round}-{number}")));
    }
    let mut all = Vec::new();
    while let Some(times) = students.join_next().await {
        all.push(times??);
    }
    Ok(all)
}

async fn one(region: &Region, r#ref: &str) -> anyhow::Result<Times> {
    steps(region.platform().await?, region.proxy(), r#ref.to_owned()).await
}

async fn steps(
    mut platform: tests::outside::Platform,
    proxy: std::net::SocketAddr,
    r#ref: String,
) -> anyhow::Result<Times> {
    let begun = Instant::now();
    let id = platform.create(&r#ref, "linux-shell").await?;
    let created = begun.elapsed();
    let mut student = Student::enter(proxy, &platform.access(&id, "terminal").await?).await?;
    let entered = begun.elapsed();
    student.until_ready().await?;
    let ready = begun.elapsed();
    let page = student.get("/").await?;
    anyhow::ensure!(page == StatusCode::OK, "the terminal's page answered {page}");
    let loaded = begun.elapsed();
    student.terminal().await?.shows(&PROMPTS).await?;
    let prompt = begun.elapsed();
    platform.delete(&id).await?;
    Ok([created, entered, ready, loaded, prompt].map(ms))
}

fn step_of(runs: &[Times], index: usize) -> Vec<f64> {
    runs.iter().map(|times| times[index]).collect()
}
