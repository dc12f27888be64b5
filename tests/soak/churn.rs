//! Sandboxes come, stop, start and go for as long as asked; afterwards nothing may be left, nor have grown.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};
use tests::outside::{Platform, Region, Setup, until};
use tokio::task::JoinSet;

/// With a home that nobody keeps: such a sandbox is deleted once it is stopped.
const WITH_HOME: &str = "churn-home";
const WITHOUT_HOME: &str = "churn";
/// Sandboxes that live at once.
const AT_ONCE: usize = 6;
/// Rounds before anything is compared: pools and caches fill.
const WARM_ROUNDS: usize = 2;
/// More open files than after the warm-up are a leak.
const FILES_GROWTH_MAX: usize = 24;
/// More memory than after the warm-up is a leak, with this much for each deleted sandbox, which stays readable.
const MEMORY_GROWTH_KIB: u64 = 32 * 1024;
const MEMORY_PER_SANDBOX_KIB: u64 = 16;
const GONE_DEADLINE: Duration = Duration::from_secs(60);

/// What a region holds of the computer.
#[derive(Clone, Copy, Debug)]
struct Holding {
    open_files: usize,
    memory_kib: u64,
}

pub(crate) async fn run(length: Duration) -> anyhow::Result<()> {
    let state = Region::folder()?;
    let ran = on(state.path(), length).await;
    Region::end_machines(state.path()).await?;
    ran
}

async fn on(state: &Path, length: Duration) -> anyhow::Result<()> {
    let region = Region::up(state, &setup()).await?;
    let mut platform = region.platform().await?;
    platform.publish(WITHOUT_HOME, &template(false)).await?;
    platform.publish(WITH_HOME, &template(true)).await?;
    let begun = Instant::now();
    let mut rounds = 0;
    let mut before = None;
    while begun.elapsed() < length || rounds <= WARM_ROUNDS {
        if rounds == WARM_ROUNDS {
            before = Some(holding(&region, state).await?);
        }
        round(&region, rounds).await?;
        rounds += 1;
    }
    let after = holding(&region, state).await?;
    println!(
        "churn: {} sandboxes in {} s; before {before:?}, after {after:?}",
        rounds * AT_ONCE,
        begun.elapsed().as_secs()
    );
    if let Some(before) = before {
        compare(before, after, (rounds - WARM_ROUNDS) * AT_ONCE)?;
    }
    region.stop().await
}

/// Homes that nobody keeps are swept in seconds and however many they are, so that a leak shows.
fn setup() -> Setup {
    let fields =
        ["jobrunner.sweep_grace_s=1", "jobrunner.sweep_interval_s=1", "jobrunner.sweep_brake_floor=100000"];
    Setup { fields: fields.map(ToOwned::to_owned).into(), ..Setup::default() }
}

fn template(has_home: bool) -> Value {
    let mut machine = json!({
        "name": "main",
        "runs": {"process": {"command": []}},
        "resources": {"cpu_millis": 100, "memory_mib": 64},
        "apps": [{"name": "terminal", "kind": "terminal"}],
    });
    if has_home {
        machine["home"] = json!({"path": "/home/student", "size_mib": 16});
    }
    let keep_home_days = u8::from(!has_home);
    json!({
        "machines": [machine],
        "policy": {"lifetime_s": 3600, "max_lifetime_s": 3600, "keep_home_days": keep_home_days},
    })
}

async fn round(region: &Region, number: usize) -> anyhow::Result<()> {
    let mut lives = JoinSet::new();
    for seat in 0..AT_ONCE {
        lives.spawn(life(region.platform().await?, format!("churn-{number}-{seat}"), seat));
    }
    while let Some(life) = lives.join_next().await {
        life??;
    }
    Ok(())
}

/// Every other one is stopped and started before it goes; one in three goes before it is ready.
async fn life(mut platform: Platform, r#ref: String, seat: usize) -> anyhow::Result<()> {
    let is_restarted = seat.is_multiple_of(2);
    let template = if is_restarted { WITHOUT_HOME } else { WITH_HOME };
    let id = platform.create(&r#ref, template).await?;
    if !seat.is_multiple_of(3) {
        platform.phase(&id, "ready").await?;
    }
    if is_restarted {
        platform.command(&id, "stop").await?;
        platform.phase(&id, "stopped").await?;
        platform.command(&id, "start").await?;
        platform.phase(&id, "ready").await?;
    }
    platform.delete(&id).await
}

/// Once everything is deleted: no process but the region's, no folder of a machine or home.
async fn holding(region: &Region, state: &Path) -> anyhow::Result<Holding> {
    let pid = i32::try_from(region.program().pid())?;
    until("every process of a machine has ended", GONE_DEADLINE, async || {
        Ok(Region::processes(state)?.into_iter().all(|process| process == pid).then_some(()))
    })
    .await?;
    until("every folder of a machine is gone", GONE_DEADLINE, async || {
        let left = left(&state.join("m"))?;
        Ok(left.is_empty().then_some(()))
    })
    .await
    .map_err(|error| error.context(format!("{:?}", left(&state.join("m")))))?;
    Ok(Holding { open_files: region.program().open_files()?, memory_kib: region.program().pss_kib()? })
}

/// What lies in the folders of machines, homes and sockets. Fences outlive machines on purpose.
fn left(state: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![state.join("s")];
    for region in std::fs::read_dir(state.join("regions"))?.flatten() {
        folders.extend(["machines", "homes", "trash"].map(|name| region.path().join(name)));
    }
    let mut found = Vec::new();
    for folder in folders {
        found.extend(std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()));
    }
    Ok(found)
}

fn compare(before: Holding, after: Holding, sandboxes: usize) -> anyhow::Result<()> {
    let files = after.open_files.saturating_sub(before.open_files);
    ensure!(files <= FILES_GROWTH_MAX, "{files} more open files than before");
    let allowed = MEMORY_GROWTH_KIB + MEMORY_PER_SANDBOX_KIB * u64::try_from(sandboxes)?;
    let grown = after.memory_kib.saturating_sub(before.memory_kib);
    ensure!(grown <= allowed, "{grown} KiB more memory than before; {allowed} KiB are allowed");
    Ok(())
}
