//! Everybody who uses the region while the cluster is struck.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::SETTLE_MAX;
use super::inspector::Inspected;
use super::kinds::PAIR;
use crate::chaos::platform::{Platform, is_settled};
use crate::chaos::seat::{Ledger, Marks, Seat, check};
use crate::chaos::templates::SEAT;
use crate::chaos::terminals::Seen;

/// Seats of one window are numbered from a multiple of this.
const NUMBERS_PER_WINDOW: usize = 1_000;
/// One seat in so many has two machines.
const SEATS_PER_PAIR: usize = 4;
/// Guests that are there at once, and how often one comes.
const GUESTS_MAX: usize = 5;
const GUEST_INTERVAL: Duration = Duration::from_millis(800);
const POLL: Duration = Duration::from_millis(250);

/// The class of a window, and those who stay from the first window to the last.
#[derive(Debug)]
pub(super) struct Crowd {
    seed: u64,
    size: usize,
    window: usize,
    platform: Arc<Platform>,
    ledger: Arc<Ledger>,
    stop: CancellationToken,
    seats: JoinSet<anyhow::Result<()>>,
    /// Ends those who stay.
    pub(super) stop_all: CancellationToken,
    pub(super) terminals: JoinSet<anyhow::Result<Seen>>,
    pub(super) inspector: JoinSet<anyhow::Result<Inspected>>,
}

impl Crowd {
    /// Nobody yet.
    pub(super) fn new(seed: u64, size: usize, platform: Arc<Platform>) -> Self {
        Self {
            seed,
            size,
            window: 0,
            platform,
            ledger: Arc::default(),
            stop: CancellationToken::new(),
            seats: JoinSet::new(),
            stop_all: CancellationToken::new(),
            terminals: JoinSet::new(),
            inspector: JoinSet::new(),
        }
    }

    /// A window begins.
    pub(super) fn begin(&mut self) {
        (self.ledger, self.stop) = (Arc::default(), CancellationToken::new());
        self.window += 1;
    }

    /// The class of this window begins to work.
    pub(super) fn gather(&mut self) {
        for number in (self.window * NUMBERS_PER_WINDOW..).take(self.size) {
            let (ledger, stop) = (self.ledger.clone(), self.stop.clone());
            let seat = Seat::new(number, self.seed, self.platform.clone(), ledger, stop);
            let template = if number.is_multiple_of(SEATS_PER_PAIR) { PAIR } else { SEAT };
            self.seats.spawn(seat.of(template).run());
        }
    }

    /// A sandbox beside the class, to which something special happens; it is looked at and deleted with the others.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn create(&self, name: &str, template: &str) -> anyhow::Result<String> {
        let created = self.platform.create(name, template, "school-9").await?;
        let id = created["id"].as_str().context("a sandbox without id")?.to_owned();
        self.ledger.created.fetch_add(1, Ordering::Relaxed);
        self.ledger.note(&id, Marks::default());
        Ok(id)
    }

    /// Deletes one that will not get where it is wanted.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn give_up(&self, id: &str) -> anyhow::Result<()> {
        self.ledger.forget(id);
        self.platform.delete(id).await
    }

    /// Sandboxes beside the class that do not stay.
    pub(super) fn guests(&self) -> Guests {
        Guests { platform: self.platform.clone(), ledger: self.ledger.clone() }
    }

    /// One that was deleted on purpose.
    pub(super) fn forget(&self, id: &str) {
        self.ledger.forget(id);
    }

    /// Does something as long as nobody complains.
    ///
    /// # Errors
    /// The complaint.
    pub(super) async fn while_well<T>(
        &mut self,
        doing: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let complaint = async {
            tokio::select! {
                Some(ended) = self.seats.join_next() => ended?.map(|()| "a seat"),
                Some(ended) = self.terminals.join_next() => ended?.map(|_| "a terminal"),
                Some(ended) = self.inspector.join_next() => ended?.map(|_| "the inspector"),
            }
        };
        tokio::select! {
            done = doing => done,
            ended = complaint => Err(anyhow::anyhow!("{} ended too early", ended?)),
        }
    }

    /// The class stops, and everything gets where it is wanted; how long that took.
    ///
    /// # Errors
    /// Who does not get there in time.
    pub(super) async fn settle(&mut self) -> anyhow::Result<Duration> {
        self.stop.cancel();
        let begun = Instant::now();
        let ended = async {
            while let Some(ended) = self.seats.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        };
        let ended = tokio::time::timeout(SETTLE_MAX, ended).await;
        let (known, mut not_there) = (self.ledger.all(), Vec::new());
        while begun.elapsed() < SETTLE_MAX {
            not_there = self.platform.list().await?;
            let lost = known.keys().find(|id| !not_there.iter().any(|it| it["id"].as_str() == Some(id)));
            ensure!(lost.is_none(), "{} was accepted and is lost", lost.map_or("", |id| id));
            not_there.retain(|sandbox| sandbox["wanted"] != "deleted" && !is_settled(sandbox));
            if not_there.is_empty() && ended.is_ok() {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        ensure!(not_there.is_empty(), "not settled {SETTLE_MAX:?} after the window: {not_there:?}");
        ended.context("the class does not come to rest")??;
        Ok(begun.elapsed())
    }

    /// Looks into everything that the class has left, and deletes all but one; how many sandboxes there were.
    ///
    /// # Errors
    /// A file that is missing, or a refusal.
    pub(super) async fn dismiss(&mut self, stays: &str) -> anyhow::Result<u64> {
        let kept = self.ledger.all();
        for sandbox in self.platform.list().await? {
            let id = sandbox["id"].as_str().unwrap_or_default();
            if let Some(marks) = kept.get(id).filter(|_| sandbox["wanted"] == "running") {
                check(&self.platform, id, marks).await?;
            }
            if id != stays {
                self.platform.delete(id).await?;
            }
        }
        Ok(self.ledger.created.load(Ordering::Relaxed))
    }
}

/// Sandboxes that come and go.
#[derive(Debug)]
pub(super) struct Guests {
    platform: Arc<Platform>,
    ledger: Arc<Ledger>,
}

impl Guests {
    /// Creates one after the other and deletes them again, ready or not, until it is dropped.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn come_and_go(&self, template: &str) -> anyhow::Result<()> {
        let mut there = VecDeque::new();
        for number in 0.. {
            let created = self.platform.create(&format!("guest-{number}"), template, "school-8").await?;
            self.ledger.created.fetch_add(1, Ordering::Relaxed);
            there.push_back(created["id"].as_str().context("a sandbox without id")?.to_owned());
            tokio::time::sleep(GUEST_INTERVAL).await;
            if there.len() > GUESTS_MAX
                && let Some(first) = there.pop_front()
            {
                self.platform.delete(&first).await?;
            }
        }
        Ok(())
    }
}
