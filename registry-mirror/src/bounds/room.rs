//! Space on disk. A fill takes the space of its whole blob before its first byte, so that what was begun can
//! also end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

use super::{Evict, Full, Limits};
use crate::place::{Place, Usage};

/// How often the first in the queue asks again: readers that end tell nobody.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// So long after somebody waited in vain nobody waits like that again: a node that had headers and no bytes comes back
/// for them, and would never go elsewhere.
const REMEMBERED_FOR: Duration = Duration::from_secs(15 * 60);

/// The queue for space. Whoever is first waits until its blob fits; the others wait behind it.
#[derive(Debug)]
pub struct Room {
    limits: Limits,
    place: Arc<dyn Place>,
    evict: Arc<dyn Evict>,
    /// Whoever holds it is first; tokio's mutex is fair.
    turnstile: Mutex<()>,
    in_vain_at: parking_lot::Mutex<Option<Instant>>,
}

/// There is room, and nobody else is told so until this is dropped: reserve first.
#[derive(Debug)]
pub struct Granted<'a>(#[expect(dead_code, reason = "held, never read")] MutexGuard<'a, ()>);

impl Room {
    pub(super) fn new(limits: Limits, place: Arc<dyn Place>, evict: Arc<dyn Evict>) -> Self {
        Self { limits, place, evict, turnstile: Mutex::default(), in_vain_at: parking_lot::Mutex::default() }
    }

    /// Whether it is worth to wait for `bytes` of space: when they are there, or may be within a node's patience. To be
    /// asked before a client has headers, because a client without them goes to its next host at once.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn check(&self, bytes: u64) -> Result<(), Full> {
        self.check_budget(bytes)?;
        if self.short_bytes(bytes) == 0 {
            return Ok(());
        }
        let kept_bytes = self.check_kept(bytes).await?;
        self.check_disk(bytes, kept_bytes).await?;
        let in_vain = self.in_vain_at.lock().is_some_and(|at| at.elapsed() < REMEMBERED_FOR);
        if in_vain && self.try_free(self.short_bytes(bytes)).await > 0 {
            return Err(Full::InUse { size: bytes });
        }
        Ok(())
    }

    const fn check_budget(&self, bytes: u64) -> Result<(), Full> {
        let budget_bytes = self.limits.disk_budget_bytes;
        if bytes > budget_bytes { Err(Full::TooLarge { size: bytes, budget_bytes }) } else { Ok(()) }
    }

    /// Whether it fits beside what must stay, which is returned in bytes.
    async fn check_kept(&self, bytes: u64) -> Result<u64, Full> {
        let budget_bytes = self.limits.disk_budget_bytes;
        let kept_bytes = self.evict.pinned_bytes().await + self.usage().quarantine_bytes;
        if kept_bytes.saturating_add(bytes) > budget_bytes {
            return Err(Full::Pinned { size: bytes, budget_bytes, kept_bytes });
        }
        Ok(kept_bytes)
    }

    /// Whether the disk itself could hold it. What was just removed may take a moment to be free.
    async fn check_disk(&self, bytes: u64, kept_bytes: u64) -> Result<(), Full> {
        let mut lacks = None;
        for pause in [Duration::ZERO, ASK_AGAIN, ASK_AGAIN] {
            sleep(pause).await;
            let usage = self.usage();
            let evictable_bytes = (usage.total_bytes() - usage.catalog_bytes).saturating_sub(kept_bytes);
            // A disk that does not say has room until a write fails.
            let free_bytes = self.place.disk_free_bytes().unwrap_or(u64::MAX);
            if free_bytes.saturating_add(evictable_bytes) >= bytes {
                return Ok(());
            }
            lacks = Some(Full::Disk { size: bytes, free_bytes, evictable_bytes });
        }
        lacks.map_or(Ok(()), Err)
    }

    /// Remembers that somebody waited for `bytes` as long as a node waits; returns what to tell.
    pub fn waited_in_vain(&self, bytes: u64) -> Full {
        *self.in_vain_at.lock() = Some(Instant::now());
        Full::InUse { size: bytes }
    }

    /// Waits for `bytes` of space, for as long as it takes. What is needed least is given up for it: first
    /// parts that nobody continues, then whatever [`Evict`] chooses.
    ///
    /// # Errors
    /// [`Full`] when it can never fit, or no longer because of pins that came meanwhile.
    pub async fn wait(&self, bytes: u64) -> Result<Granted<'_>, Full> {
        self.check_budget(bytes)?;
        let turn = self.turnstile.lock().await;
        loop {
            let short = self.short_bytes(bytes);
            if short == 0 {
                return Ok(Granted(turn));
            }
            if self.try_free(short).await > 0 {
                self.check_kept(bytes).await?;
                sleep(ASK_AGAIN).await;
            }
        }
    }

    /// Frees what is short, and the headroom with it; returns what is short still.
    async fn try_free(&self, short: u64) -> u64 {
        if short == 0 {
            return 0;
        }
        short.saturating_sub(self.free(short.saturating_add(self.limits.headroom_bytes)).await)
    }

    /// Frees space because the disk said it is full; returns what was freed.
    pub async fn free(&self, bytes: u64) -> u64 {
        let place = Arc::clone(&self.place);
        let dropped = tokio::task::spawn_blocking(move || place.drop_unfinished(bytes)).await.unwrap_or(0);
        if dropped >= bytes {
            return dropped;
        }
        dropped + self.evict.free(bytes - dropped).await
    }

    /// How far the usage is above the budget less its headroom.
    fn excess_bytes(&self) -> u64 {
        let target = self.limits.disk_budget_bytes.saturating_sub(self.limits.headroom_bytes);
        self.usage().total_bytes().saturating_sub(target)
    }

    /// Whether more is taken than may be. What is known of images comes without asking for room first.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.usage().total_bytes() > self.limits.disk_budget_bytes || self.catalog_excess_bytes() > 0
    }

    /// Frees what is above the budget less its headroom, and above the catalogue's bound; returns what was freed.
    pub async fn tidy(&self) -> u64 {
        let mut freed = 0;
        let excess_bytes = self.excess_bytes();
        if excess_bytes > 0 {
            freed += self.free(excess_bytes).await;
        }
        let excess_bytes = self.catalog_excess_bytes();
        if excess_bytes > 0 {
            freed += self.evict.forget(excess_bytes).await;
        }
        freed
    }

    fn catalog_excess_bytes(&self) -> u64 {
        self.evict.catalog_bytes().saturating_sub(self.limits.catalog_max_bytes())
    }

    /// What is taken, by the blobs and by what is known of them.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage { catalog_bytes: self.evict.catalog_bytes(), ..self.place.usage() }
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What is missing for `bytes` more, by the budget and on the disk itself.
    fn short_bytes(&self, bytes: u64) -> u64 {
        let wanted = self.usage().total_bytes().saturating_add(bytes);
        let by_budget = wanted.saturating_sub(self.limits.disk_budget_bytes);
        // A disk that does not say has room until a write fails.
        let free = self.place.disk_free_bytes().unwrap_or(u64::MAX);
        by_budget.max(bytes.saturating_sub(free))
    }
}
