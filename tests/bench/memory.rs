//! Memory of a region that runs as one process: idle, and with many stored sandboxes.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http::Method;
use serde_json::{Value, json};
use tests::outside::{Platform, Region, Setup};

use crate::figures::Spread;
use crate::report::{Goal, Limit, Section};
use crate::run::Effort;

const IDLE_MIB_GOAL: f64 = 120.0;
/// Sandboxes of one bulk create.
const BATCH: usize = 100;
/// Bulk creates that are measured together: what was allocated in between counts little then.
const BATCHES: usize = 30;
/// Memory counts as settled when it has not grown for this long.
const QUIET: Duration = Duration::from_secs(2);
const SETTLE_DEADLINE: Duration = Duration::from_secs(30);
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// Room for one sandbox, so that nearly all wait: what is measured is what is stored, not what runs.
const CPU_MILLIS: usize = 250;

const HOW: &str = "Proportional set size of the process of `region up` (every role, SQLite's caches too), once it \
    no longer grows: idle after a start, then with 3,000 sandboxes stored, nearly all queued, in bulk creates of 100. \
    Machines are processes of their own and not in it.";

/// What one region weighed, in KiB.
#[derive(Clone, Copy, Debug)]
struct Weights {
    idle_kib: u64,
    stored_kib: u64,
}

pub(crate) async fn run(effort: Effort) -> anyhow::Result<Section> {
    let (mut idle, mut stored, mut growth) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.runs {
        let state = Region::folder()?;
        let weighed = weigh(state.path()).await;
        Region::end_machines(state.path()).await?;
        let Weights { idle_kib, stored_kib } = weighed?;
        let thousands = crate::figures::count(BATCH * BATCHES) / 1_000.0;
        idle.push(mib(idle_kib));
        stored.push(mib(stored_kib));
        growth.push((mib(stored_kib) - mib(idle_kib)) / thousands);
    }
    let row = |what: &str, figures: &[f64]| vec![what.to_owned(), Spread::of(figures).to_string()];
    let figure = Spread::of(&idle).median;
    Ok(Section {
        how: HOW.to_owned(),
        table: vec![
            vec!["region".to_owned(), "MiB".to_owned()],
            row("idle", &idle),
            row("3,000 sandboxes stored", &stored),
            row("growth per 1,000 sandboxes", &growth),
        ],
        goals: vec![Goal { what: "idle, MiB", figure, limit: Limit::AtMost(IDLE_MIB_GOAL) }],
        ..Section::default()
    })
}

async fn weigh(state: &Path) -> anyhow::Result<Weights> {
    let setup = Setup { fields: vec![format!("local.cpu_millis={CPU_MILLIS}")], ..Setup::default() };
    let region = Region::up(state, &setup).await?;
    let idle_kib = settled(&region).await?;
    let mut platform = region.platform().await?;
    for batch in 0..BATCHES {
        create(&mut platform, batch).await?;
    }
    let stored_kib = settled(&region).await?;
    // Thousands of deletions would measure nothing: the state folder goes as a whole.
    region.stop().await?;
    Ok(Weights { idle_kib, stored_kib })
}

async fn create(platform: &mut Platform, batch: usize) -> anyhow::Result<()> {
    let item = |number: usize| {
        json!({"ref": format!("s-{batch}-{number}"), "template": "linux-shell", "tenant": "school-9", "owner": "u-7",
               "class_id": "c42", "labels": {"term": "2026a"}})
    };
    let items: Vec<Value> = (0..BATCH).map(item).collect();
    let answer = platform.call(Method::POST, "/v1/sandboxes:batchCreate", &json!({"items": items})).await?;
    let items = answer["items"].as_array().context("an answer without items")?;
    let created = items.iter().filter(|item| item["sandbox"].is_object()).count();
    anyhow::ensure!(created == BATCH, "{created} of {BATCH} were created: {:?}", items.first());
    Ok(())
}

/// The largest reading, once none larger has come for a while.
async fn settled(region: &Region) -> anyhow::Result<u64> {
    let (begun, mut grew, mut largest) = (Instant::now(), Instant::now(), 0);
    while grew.elapsed() < QUIET && begun.elapsed() < SETTLE_DEADLINE {
        let now = region.program().pss_kib()?;
        if now > largest {
            (largest, grew) = (now, Instant::now());
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(largest)
}

fn mib(kib: u64) -> f64 {
    u32::try_from(kib).map_or(f64::NAN, f64::from) / 1_024.0
}
