//! A campaign against a region whose machines are pods of a real cluster: the cluster itself is struck.
//!
//! Windows of faults come one after another, each with a class of its own that works meanwhile: the API server and etcd
//! away and then kills and storms, an API server that is slow, pods that come to harm, a lost node. The region reaches the
//! API server by a [`road::Road`] on which answers are delayed, refused, lost and cut. Two terminals stay open from the
//! first window to the last. These must hold:
//!
//! 1. never two live machines for one, and never one home in two pods: neither by the API nor by the processes;
//! 2. each sandbox gets where it is wanted at most 60 s after the window, with the files that belong into it;
//! 3. what is deleted leaves no pod, service or policy, and no volume without its date, at most 60 s after;
//! 4. a terminal shows every character once, on the connection that it began with;
//! 5. who waits hears why: each window names causes that must be said, and nobody waits long in one phase without a word;
//! 6. nothing of another's is touched: a second region in the same namespace with sandboxes of its own, objects of a copy
//!    of the region in another namespace, pods and volumes with look-alike labels;
//! 7. the rights that the chart gives are enough: the audit log has no call that was denied;
//! 8. every fault has hit: a kill between a write and its answer, a freeze past the lease, 410, 429, 409 and the others
//!    are counted, and each must have happened in the window that is for it.
//!
//! `FAULTS_SEED` replays the operations of a seed, `FAULTS_SEATS` says how many seats each window has, `FAULTS_WINDOW`
//! chooses one window, counted from 1.

mod crowd;
mod explained;
mod inspector;
mod kinds;
mod neighbour;
mod places;
mod report;
mod road;
mod scene;
mod strangers;
mod tally;
mod way;
mod weather;
mod windows;
mod words;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

pub use report::Report;
use report::Struck;
use scene::Scene;
use windows::{WINDOWS, Window};

/// What must be where it is wanted, and gone where it was deleted, within this time after a window.
const SETTLE_MAX: Duration = Duration::from_secs(60);
/// A sandbox may wait for so long in one phase without a word: while an API server is back, and the node's kubelet has not
/// noticed that yet, nobody knows more than what was asked for. It tries again after a minute at the latest, and then needs
/// its time to start or end a pod.
const WORDLESS_MAX: Duration = Duration::from_secs(90);
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
    report.neighbours = scene.neighbour.is_untouched().await?;
    report.rightful = scene.pods.nothing_was_denied(&scene.restarts)?;
    report.asked = scene.road.asked();
    report.deaths = super::striker::deaths(&scene.fleet)?;
    (report.terminals, report.inspected) = scene.end().await?;
    ensure!(!report.inspected.homes.is_empty(), "no home was seen mounted, so nothing is known of homes");
    ensure!(!report.inspected.networks.is_empty(), "no sandbox had a service, so none could be left");
    for seen in &report.terminals {
        let undisturbed = seen.connections == 1 && seen.longest_silence < SILENCE_MAX;
        ensure!(undisturbed, "a terminal noticed something: {seen:?}");
    }
    report.wall = begun.elapsed();
    Ok(report)
}

/// One window: a class comes, faults happen, everything settles, the class goes.
async fn strike(scene: &mut Scene, window: Window) -> anyhow::Result<Struck> {
    let begun = Instant::now();
    scene.crowd.begin();
    // What happened between windows is nobody's.
    scene.tally.take();
    scene.words.take();
    let told = (window.run)(scene).await?;
    scene.fair().await?;
    let ended = Instant::now();
    let settled = scene.settle().await?;
    let cases = scene.dismiss().await?;
    let gone = scene.until_gone().await?;
    let (faults, heard) = (scene.tally.take(), scene.words.take());
    let struck = Struck { name: window.name, cases, told, heard, faults, took: ended - begun, settled, gone };
    is_shown(&struck, window).with_context(|| format!("{struck}"))?;
    Ok(struck)
}

/// That the window's faults have hit, and that those who waited said why.
fn is_shown(struck: &Struck, window: Window) -> anyhow::Result<()> {
    let Struck { told, heard, faults, .. } = struck;
    for fault in window.faults {
        ensure!(faults.contains_key(fault), "not once: {fault}");
    }
    for cause in window.causes {
        ensure!(told.contains(cause) || heard.causes.contains(*cause), "no sandbox that waited said {cause}");
    }
    let silence = heard.silence;
    ensure!(silence <= WORDLESS_MAX, "{} has waited for {silence:.0?} without a word", heard.silent);
    Ok(())
}
