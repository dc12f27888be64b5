//! One student's seat, driven by the platform through one life of a sandbox after the other.
//!
//! Each life leaves marks inside: one in the home, and one in the machine's own `/tmp`. They must be there exactly as
//! long as nobody asked for something else: the home's until a reset, the machine's until its next stop.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio_util::sync::CancellationToken;

use super::op::Dice;
use super::platform::Platform;
use super::templates::SEAT;

/// While leaders die one after the other nothing need move; what must is looked at after the last restart.
const PATIENCE: Duration = Duration::from_secs(600);
const TENANTS: usize = 3;
const THINK_MS_MIN: u32 = 500;
const THINK_MS_MAX: u32 = 2_500;
const COMMANDS_PER_LIFE_MAX: u32 = 4;
/// One wait in so many is not waited for: the next command comes at once.
const HASTY_ONE_IN: u32 = 4;

/// Every accepted create that was not deleted again, with what must be inside.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    kept: Mutex<BTreeMap<String, Marks>>,
    /// Creates that were answered.
    pub(super) created: AtomicU64,
    /// Machines that were asked for: by create, start and reset.
    pub(super) asked: AtomicU64,
}

/// The marks of one sandbox; none for what must not be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    home: Option<String>,
    machine: Option<String>,
    /// A start came so soon after the stop that the machine may have lived on.
    may_live_on: bool,
}

impl Marks {
    fn agree(&self, home: &str, machine: &str) -> bool {
        let is = |mark: &Option<String>, seen: &str| mark.as_deref().unwrap_or_default() == seen;
        is(&self.home, home) && (is(&self.machine, machine) || self.may_live_on && machine.is_empty())
    }
}

impl Ledger {
    /// Notes what must be inside a sandbox.
    pub(super) fn note(&self, id: &str, marks: Marks) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), marks);
    }

    /// A sandbox's deletion begins.
    pub(super) fn forget(&self, id: &str) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// What must be there now.
    #[must_use]
    pub(super) fn all(&self) -> BTreeMap<String, Marks> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A seat of the class.
#[derive(Debug)]
pub(super) struct Seat {
    number: usize,
    template: &'static str,
    platform: Arc<Platform>,
    ledger: Arc<Ledger>,
    dice: Dice,
    stop: CancellationToken,
}

impl Seat {
    /// The seat of this number; its doings come from the seed.
    #[must_use]
    pub(super) fn new(
        number: usize,
        seed: u64,
        platform: Arc<Platform>,
        ledger: Arc<Ledger>,
        stop: CancellationToken,
    ) -> Self {
        Self { number, template: SEAT, platform, ledger, dice: Dice::new(seed, 1 + number as u64), stop }
    }

    /// The same seat with sandboxes of this template, whose first machine has a home.
    #[must_use]
    pub(super) fn of(self, template: &'static str) -> Self {
        Self { template, ..self }
    }

    /// Lives until `stop`, and leaves the last sandbox as it is.
    ///
    /// # Errors
    /// The first promise that was not kept.
    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        let first = self.dice.time(0, THINK_MS_MAX);
        tokio::time::sleep(first).await;
        for life in 0.. {
            let r#ref = format!("seat-{}-life-{life}", self.number);
            if self.stop.is_cancelled() || !self.life(&r#ref).await.with_context(|| r#ref.clone())? {
                break;
            }
        }
        Ok(())
    }

    /// One sandbox from create to delete; false when it was left because everything stops.
    async fn life(&mut self, r#ref: &str) -> anyhow::Result<bool> {
        let tenant = format!("school-{}", self.number % TENANTS);
        let created = self.platform.create(r#ref, self.template, &tenant).await?;
        let id = created["id"].as_str().context("a sandbox without id")?.to_owned();
        self.ledger.created.fetch_add(1, Ordering::Relaxed);
        self.ledger.asked.fetch_add(1, Ordering::Relaxed);
        let mut marks = Marks::default();
        self.ledger.note(&id, marks.clone());
        self.settle_in(&id, &mut marks).await?;
        for _ in 0..self.dice.below(COMMANDS_PER_LIFE_MAX) {
            if self.think().await {
                return Ok(false);
            }
            check(&self.platform, &id, &marks).await?;
            self.command(&id, &mut marks).await?;
        }
        if self.think().await {
            return Ok(false);
        }
        self.ledger.forget(&id);
        self.platform.delete(&id).await?;
        if !self.is_hasty() {
            self.platform.phase(&id, None, PATIENCE).await?;
        }
        Ok(true)
    }

    /// Stop and start, or reset; stays stopped when everything stops.
    async fn command(&mut self, id: &str, marks: &mut Marks) -> anyhow::Result<()> {
        self.ledger.asked.fetch_add(1, Ordering::Relaxed);
        if self.dice.below(3) == 0 {
            *marks = Marks::default();
            self.ledger.note(id, marks.clone());
            self.platform.command(id, "reset").await?;
        } else {
            marks.may_live_on = true;
            self.ledger.note(id, marks.clone());
            self.platform.command(id, "stop").await?;
            if !self.is_hasty() {
                self.platform.phase(id, Some("stopped"), PATIENCE).await?;
                *marks = Marks { machine: None, may_live_on: false, ..marks.clone() };
                self.ledger.note(id, marks.clone());
                if self.stop.is_cancelled() {
                    return Ok(());
                }
            }
            self.platform.command(id, "start").await?;
        }
        self.settle_in(id, marks).await
    }

    /// Waits until it is ready, looks for the marks of before, and leaves new ones.
    async fn settle_in(&mut self, id: &str, marks: &mut Marks) -> anyhow::Result<()> {
        self.platform.phase(id, Some("ready"), PATIENCE).await?;
        check(&self.platform, id, marks).await?;
        let mark = format!("{:08x}", self.dice.below(u32::MAX));
        // Whole at once: a call whose answer was lost is made again, and may still run beside its repetition.
        let write = format!(
            "for place in ~ /tmp; do echo {mark} >$place/mark.$$ && mv $place/mark.$$ $place/mark || exit 1; done; cat ~/mark"
        );
        let answer = self.platform.shell(id, &write).await?;
        ensure!(answer.trim() == mark, "{id}: a file holds {answer:?} and not {mark}");
        *marks = Marks { home: Some(mark.clone()), machine: Some(mark), may_live_on: false };
        self.ledger.note(id, marks.clone());
        Ok(())
    }

    fn is_hasty(&mut self) -> bool {
        self.dice.below(HASTY_ONE_IN) == 0
    }

    /// Waits a little; true when everything stops.
    async fn think(&mut self) -> bool {
        let time = self.dice.time(THINK_MS_MIN, THINK_MS_MAX);
        tokio::time::timeout(time, self.stop.cancelled()).await.is_ok()
    }
}

/// Whether exactly these marks are inside.
///
/// # Errors
/// When the home or the machine is another than it should be.
pub(super) async fn check(platform: &Platform, id: &str, marks: &Marks) -> anyhow::Result<()> {
    let read = "echo $(cat ~/mark 2>/dev/null)/$(cat /tmp/mark 2>/dev/null)";
    let answer = platform.shell(id, read).await?;
    let (home, machine) = answer.trim().split_once('/').with_context(|| format!("{id}: {answer:?}"))?;
    ensure!(marks.agree(home, machine), "{id}: the marks are {answer:?} and should be {marks:?}");
    Ok(())
}
