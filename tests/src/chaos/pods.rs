//! A campaign against a region whose machines are pods of a real cluster: the cluster itself is struck.
//!
//! Windows of faults come one after another, each with a class of its own that works meanwhile: the API server and etcd
//! away and then kills and storms, an API server that is slow, pods that come to harm, a lost node. The region reaches the
//! API server by a [`road::Road`] on which answers are delayed, refused, lost and cut. Two terminals stay open from the
//! first window to the last. These must hold:
//!
//! 1. never two live machines for one, and never one home in two pods: neither by the API nor by the processes;
//! 2. each sandbox gets where it is wanted at most 60 s after the window, with the files that belong into it;
//! 3. what is deleted leaves no pod and no volume without its date, at most 60 s after;
//! 4. a terminal shows every character once, on the connection that it began with;
//! 5. who waits hears why: each window names a cause that its sandbox must say;
//! 6. nothing of another's is touched: a copy of the region in another namespace, pods and volumes with look-alike labels.
//!
//! `FAULTS_SEED` replays the operations of a seed, `FAULTS_SEATS` says how many seats each window has, `FAULTS_WINDOW`
//! chooses one window, counted from 1.

mod crowd;
mod explained;
mod inspector;
mod kinds;
mod report;
mod road;
mod scene;
mod strangers;
mod weather;
mod windows;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

pub use report::Report;
use scene::Scene;
use windows::{WINDOWS, Window};

/// What must be where it is wanted, and gone where it was deleted, within this time after a window.
const SETTLE_MAX: Duration = Duration::from_secs(60);
/// A terminal's longest silence, while nobody touches its proxy or its node.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Runs every window, or one of them.
///
/// # Errors
/// The first promise that was not kept, with the window's name.
pub async fn campaign(seed: u64, seats: usize, only: Option<u64>) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let mut scene = Scene::start(seed, seats).await?;
    let mut report = Report { seed, ..Report::default() };
    for (_, window) in (1..).zip(WINDOWS).filter(|(nth, _)| only.is_none_or(|only| only == *nth)) {
        let struck = strike(&mut scene, window).await;
        report.windows.push(struck.with_context(|| format!("window {}", window.name))?);
    }
    scene.strangers.are_untouched().await?;
    report.strangers = scene.strangers.count();
    report.asked = scene.road.asked();
    report.deaths = super::striker::deaths(&scene.fleet)?;
    (report.terminals, report.looks, report.machines) = scene.end().await?;
    for seen in &report.terminals {
        let undisturbed = seen.connections == 1 && seen.longest_silence < SILENCE_MAX;
        ensure!(undisturbed, "a terminal noticed something: {seen:?}");
    }
    report.wall = begun.elapsed();
    Ok(report)
}

/// One window: a class comes, faults happen, everything settles, the class goes.
async fn strike(scene: &mut Scene, window: Window) -> anyhow::Result<report::Struck> {
    let begun = Instant::now();
    scene.crowd.begin();
    let told = (window.run)(scene).await?;
    scene.fair().await?;
    let ended = Instant::now();
    let settled = scene.settle().await?;
    let cases = scene.dismiss().await?;
    let gone = scene.until_gone().await?;
    Ok(report::Struck { name: window.name, cases, told, took: ended - begun, settled, gone })
}
