//! How much may be on the disk, and how much under way at once. Both make fills wait, never fail while there
//! is hope, because a node that is refused goes to the upstream itself.

mod flight;
mod full;
mod room;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use flight::{Flight, Load, Share, TURN_WITHIN};
pub use full::Full;
pub use room::{Granted, Room};

use crate::place::Place;

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most that blobs, unfinished fills at full size, quarantined bytes and the catalogue may take together.
    pub disk_budget_bytes: u64,
    /// How much of the budget is kept free ahead of need, so that a fill seldom waits for an eviction.
    pub headroom_bytes: u64,
    /// The most bytes that may still be missing in all running fills together.
    pub flight_max_bytes: u64,
    /// The most fills that run at once.
    pub flight_max_fills: usize,
}

/// The most that the catalogue may take is this part of the disk budget: all of it is read to choose what goes, and
/// images whose blobs take the rest need far less.
const CATALOG_PART: u64 = 1024;
/// What the catalogue may always take within the budget, in bytes.
const CATALOG_MIN_BYTES: u64 = 16 * 1024 * 1024;

impl Limits {
    /// The most that the catalogue may take, in bytes; it counts in the disk budget too.
    #[must_use]
    pub const fn catalog_max_bytes(&self) -> u64 {
        let part = self.disk_budget_bytes / CATALOG_PART;
        if part > CATALOG_MIN_BYTES { part } else { CATALOG_MIN_BYTES }
    }
}

impl Default for Limits {
    fn default() -> Self {
        const GIB: u64 = 1024 * 1024 * 1024;
        Self {
            disk_budget_bytes: 100 * GIB,
            headroom_bytes: 5 * GIB,
            flight_max_bytes: 16 * GIB,
            flight_max_fills: 64,
        }
    }
}

/// Gives up what is needed least. One that knows of blobs alone has neither a catalogue nor pins.
#[async_trait]
pub trait Evict: Send + Sync + fmt::Debug + 'static {
    /// Removes sealed blobs, and what is known of them, until about `bytes` are free; returns what was freed, 0 when
    /// nothing may go.
    async fn free(&self, bytes: u64) -> u64;

    /// Removes images until about `catalog_bytes` of what is known of them are free; returns what was freed in all.
    async fn forget(&self, _catalog_bytes: u64) -> u64 {
        0
    }

    /// What is known of the blobs beside them, in bytes; it counts in the budget. In memory.
    fn catalog_bytes(&self) -> u64 {
        0
    }

    /// What must stay however much room is wanted, in bytes.
    async fn pinned_bytes(&self) -> u64 {
        0
    }
}

/// Keeps everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepAll;

#[async_trait]
impl Evict for KeepAll {
    async fn free(&self, _bytes: u64) -> u64 {
        0
    }
}

/// Both bounds of one mirror.
#[derive(Debug)]
pub struct Bounds {
    /// Space on disk.
    pub room: Room,
    /// Bytes under way.
    pub flight: Arc<Flight>,
}

impl Bounds {
    /// Bounds of `place`; when it is full, `evict` is asked.
    #[must_use]
    pub fn new(limits: Limits, place: Arc<dyn Place>, evict: Arc<dyn Evict>) -> Self {
        Self { room: Room::new(limits, place, evict), flight: Arc::new(Flight::new(limits)) }
    }
}
