//! Looks at the real machines of this computer, all the time: never two for one, and nothing left at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::processes::{Ground, LiveMachine};

const LOOK_INTERVAL: Duration = Duration::from_millis(150);
/// What is deleted must be gone within this time: the sweep's grace and two rounds of it.
const GONE_MAX: Duration = Duration::from_secs(20);

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Inspected {
    /// Looks.
    pub(super) looks: u64,
    /// Machines that lived, over all looks.
    pub(super) machines: BTreeSet<(String, String, String)>,
    groups: BTreeSet<PathBuf>,
}

/// Looks until `stop`.
///
/// # Errors
/// As soon as two machines live for one.
pub(super) async fn inspect(ground: Arc<Ground>, stop: CancellationToken) -> anyhow::Result<Inspected> {
    let mut inspected = Inspected::default();
    while !stop.is_cancelled() {
        let living = LiveMachine::all(&ground.region);
        check_single(&living)?;
        inspected.looks += 1;
        inspected.groups.extend(ground.groups());
        let names = living.into_iter().map(|it| (it.sandbox, it.machine, it.incarnation));
        inspected.machines.extend(names);
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(inspected)
}

/// # Errors
/// Which two live for one.
pub(super) fn check_single(living: &[LiveMachine]) -> anyhow::Result<()> {
    let mut seen: BTreeMap<(&str, &str), &LiveMachine> = BTreeMap::new();
    for machine in living {
        let other = seen.insert((&machine.sandbox, &machine.machine), machine);
        // The processes were not read at one moment: only two that live now are two.
        if let Some(other) = other
            && machine.is_alive()
            && other.is_alive()
        {
            bail!("two machines live for one: {machine:?} and {other:?}");
        }
    }
    Ok(())
}

/// Waits until nothing of the region's machines is left.
///
/// # Errors
/// With what is left.
pub(super) async fn until_gone(ground: &Ground, inspected: &Inspected) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    loop {
        let left = left(ground, inspected);
        if left.is_empty() {
            return Ok(begun.elapsed());
        }
        ensure!(begun.elapsed() < GONE_MAX, "left after everything was deleted: {left:?}");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

fn left(ground: &Ground, inspected: &Inspected) -> Vec<String> {
    let mut left: Vec<_> =
        LiveMachine::all(&ground.region).into_iter().map(|machine| format!("{machine:?}")).collect();
    let folders = [machines(ground), region(ground).join("trash"), ground.machines().join("s")];
    let files = folders.iter().flat_map(|folder| names(folder));
    let groups = inspected.groups.iter().filter(|group| group.exists()).cloned();
    left.extend(files.chain(groups).chain(unmarked_homes(ground)).map(|path| path.display().to_string()));
    left
}

/// Homes that nobody uses any more and that bear no date on which they are swept.
fn unmarked_homes(ground: &Ground) -> Vec<PathBuf> {
    let below = |folders: Vec<PathBuf>| folders.iter().flat_map(|folder| names(folder)).collect::<Vec<_>>();
    let homes = below(below(names(&region(ground).join("homes"))));
    let is_marked = |home: &PathBuf| {
        let record = std::fs::read(home.join("home.json")).unwrap_or_default();
        let record: Value = serde_json::from_slice(&record).unwrap_or_default();
        !record["expires_at"].is_null()
    };
    homes.into_iter().filter(|home| !is_marked(home)).collect()
}

fn region(ground: &Ground) -> PathBuf {
    ground.machines().join("regions").join(&ground.region)
}

fn machines(ground: &Ground) -> PathBuf {
    region(ground).join("machines")
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
