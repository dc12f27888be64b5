//! One campaign from start to end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::inspector::{Inspected, inspect, until_gone};
use super::op::generate;
use super::platform::{Platform, is_settled};
use super::report::Report;
use super::seat::{Ledger, Marks, Seat, check};
use super::striker::{Striker, deaths};
use super::tab::Tab;
use super::templates::{self, SEAT, TERMINALS};
use super::terminals::{self, Seen};
use super::visitor::Visitor;
use crate::processes::{Fleet, Machines};

/// Everything is where it is wanted within this time after the last restart.
const SETTLE_MAX: Duration = Duration::from_secs(10);
const SETTLE_POLL: Duration = Duration::from_millis(100);
const READY_MAX: Duration = Duration::from_secs(30);

/// Runs a campaign.
///
/// # Errors
/// The first invariant that did not hold.
pub async fn campaign(seed: u64, kills: usize, seats: usize) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let fleet = Fleet::start(Machines::Processes).await?;
    let platform = Arc::new(Platform::new(fleet.ground.clone())?);
    platform.publish(SEAT, &templates::seat(&Machines::Processes)).await?;
    platform.publish(TERMINALS, &templates::terminals(&Machines::Processes)).await?;
    let mut crowd = Crowd::gather(&fleet, platform, seed, seats).await?;
    let mut striker = Striker::new(&fleet);
    for op in generate(seed) {
        if deaths(&fleet)?.values().sum::<usize>() >= kills {
            break;
        }
        crowd.while_well(striker.strike(op)).await.with_context(|| format!("around {op:?}"))?;
    }
    crowd.while_well(striker.thaw()).await?;
    crowd.stop.cancel();
    let settled = settle(&fleet, &crowd).await?;
    let (terminals, inspected, gone) = crowd.end(&fleet).await?;
    let report = Report {
        seed,
        deaths: deaths(&fleet)?,
        frozen: striker.frozen,
        not_reached: striker.not_reached,
        created: crowd.ledger.created.load(Ordering::Relaxed),
        machines: (crowd.ledger.asked.load(Ordering::Relaxed), inspected.machines.len()),
        retried: crowd.platform.retried.load(Ordering::Relaxed),
        settled,
        gone,
        looks: inspected.looks,
        terminals,
        wall: begun.elapsed(),
    };
    fleet.stop().await?;
    Ok(report)
}

/// Everybody who uses the region while blows fall.
struct Crowd {
    platform: Arc<Platform>,
    ledger: Arc<Ledger>,
    stop: CancellationToken,
    stop_looking: CancellationToken,
    seats: JoinSet<anyhow::Result<()>>,
    terminals: JoinSet<anyhow::Result<Seen>>,
    inspector: JoinSet<anyhow::Result<Inspected>>,
}

impl Crowd {
    async fn gather(fleet: &Fleet, platform: Arc<Platform>, seed: u64, seats: usize) -> anyhow::Result<Self> {
        let mut crowd = Self {
            platform: platform.clone(),
            ledger: Arc::default(),
            stop: CancellationToken::new(),
            stop_looking: CancellationToken::new(),
            seats: JoinSet::new(),
            terminals: JoinSet::new(),
            inspector: JoinSet::new(),
        };
        crowd.inspector.spawn(inspect(fleet.ground.clone(), crowd.stop_looking.clone()));
        crowd.open_terminals(fleet).await?;
        for number in 0..seats {
            let (ledger, stop) = (crowd.ledger.clone(), crowd.stop.clone());
            crowd.seats.spawn(Seat::new(number, seed, platform.clone(), ledger, stop).run());
        }
        Ok(crowd)
    }

    async fn open_terminals(&mut self, fleet: &Fleet) -> anyhow::Result<()> {
        let created = self.platform.create("terminals", TERMINALS, "school-0").await?;
        let id = created["id"].as_str().context("a sandbox without id")?;
        self.ledger.created.fetch_add(1, Ordering::Relaxed);
        self.ledger.asked.fetch_add(1, Ordering::Relaxed);
        self.ledger.note(id, Marks::default());
        self.platform.phase(id, Some("ready"), READY_MAX).await?;
        for (proxy, app) in ["count", "repeat"].into_iter().enumerate() {
            let visitor = Visitor::enter(fleet.ground.clone(), &self.platform, (id, app), proxy).await?;
            let (tab, stop) = (Tab::new(visitor, app, proxy), self.stop.clone());
            match app {
                "count" => self.terminals.spawn(terminals::count(tab, stop)),
                _ => self.terminals.spawn(terminals::repeat(tab, stop)),
            };
        }
        Ok(())
    }

    /// Does something as long as nobody complains.
    async fn while_well<T>(&mut self, doing: impl Future<Output = T>) -> anyhow::Result<T> {
        let complaint = async {
            tokio::select! {
                Some(ended) = self.seats.join_next() => flat(ended).map(|()| "a seat"),
                Some(ended) = self.terminals.join_next() => flat(ended).map(|_| "a terminal"),
                Some(ended) = self.inspector.join_next() => flat(ended).map(|_| "the inspector"),
            }
        };
        tokio::select! {
            done = doing => Ok(done),
            ended = complaint => Err(anyhow::anyhow!("{} ended too early", ended?)),
        }
    }

    /// Everybody ends, everything is checked and deleted, and nothing is left.
    async fn end(&mut self, fleet: &Fleet) -> anyhow::Result<(Vec<Seen>, Inspected, Duration)> {
        while let Some(ended) = self.seats.join_next().await {
            flat(ended)?;
        }
        let mut terminals = Vec::new();
        while let Some(ended) = self.terminals.join_next().await {
            terminals.push(flat(ended)?);
        }
        let (kept, sandboxes) = (self.ledger.all(), self.platform.list().await?);
        for sandbox in sandboxes.iter().filter(|sandbox| sandbox["wanted"] == "running") {
            let id = sandbox["id"].as_str().unwrap_or_default();
            if let Some(marks) = kept.get(id) {
                check(&self.platform, id, marks).await?;
            }
        }
        for sandbox in sandboxes {
            self.platform.delete(sandbox["id"].as_str().unwrap_or_default()).await?;
        }
        let deleted = Instant::now();
        while !self.platform.list().await?.is_empty() {
            ensure!(deleted.elapsed() < READY_MAX, "not everything is deleted in time");
            tokio::time::sleep(SETTLE_POLL).await;
        }
        self.stop_looking.cancel();
        let inspected = self.inspector.join_next().await.context("nobody has looked")?;
        let inspected = flat(inspected)?;
        until_gone(&fleet.ground, &inspected).await?;
        Ok((terminals, inspected, deleted.elapsed()))
    }
}

/// Waits until every sandbox is where it is wanted; for each, how long that took after the last restart.
async fn settle(fleet: &Fleet, crowd: &Crowd) -> anyhow::Result<Vec<Duration>> {
    let mut since = fleet.all_running_since();
    while since.is_none() {
        tokio::time::sleep(SETTLE_POLL).await;
        since = fleet.all_running_since();
    }
    let since = since.context("not all are running")?;
    let mut settled = std::collections::BTreeMap::new();
    loop {
        let sandboxes = crowd.platform.list().await?;
        let elapsed = since.elapsed();
        let (there, not_there): (Vec<_>, Vec<_>) = sandboxes.iter().partition(|it| is_settled(it));
        for sandbox in there {
            settled.entry(sandbox["id"].to_string()).or_insert(elapsed);
        }
        let known = crowd.ledger.all();
        let listed = |id: &&String| sandboxes.iter().any(|it| it["id"].as_str() == Some(id));
        if let Some(lost) = known.keys().find(|id| !listed(id)) {
            anyhow::bail!("{lost} was accepted and is lost");
        }
        if not_there.is_empty() && elapsed < SETTLE_MAX {
            return Ok(settled.into_values().collect());
        }
        ensure!(
            elapsed < SETTLE_MAX,
            "not settled {elapsed:.1?} after the last restart: {}",
            brief(&not_there)
        );
        tokio::time::sleep(SETTLE_POLL).await;
    }
}

fn brief(sandboxes: &[&serde_json::Value]) -> String {
    let line = |it: &&serde_json::Value| {
        let ahead = it["generation"].as_u64() != it["observed_generation"].as_u64();
        format!(
            "{} {} -> {}{}",
            it["id"],
            it["phase"],
            it["wanted"],
            if ahead { " (not seen yet)" } else { "" }
        )
    };
    sandboxes.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn flat<T>(ended: Result<anyhow::Result<T>, tokio::task::JoinError>) -> anyhow::Result<T> {
    ended?
}
