//! How much may be on the disk, and how much under way at once. Both make fills wait, never fail while there
//! is hope, because a node that is refused goes to the upstream itself.

mod flight;
mod room;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use flight::{Flight, Load, Share, TURN_WITHIN};
pub use room::{Full, Granted, Room};

use crate::place::Place;

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most that blobs, unfinished fills at full size and quarantined bytes may take together.
    pub disk_budget_bytes: u64,
    /// How much of the budget is kept free ahead of need, so that a fill seldom waits for an eviction.
    pub headroom_bytes: u64,
    /// The most bytes that may still be missing in all running fills together.
    pub flight_max_bytes: u64,
    /// The most fills that run at once.
    pub flight_max_fills: usize,
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

/// Gives up what is needed least.
#[async_trait]
pub trait Evict: Send + Sync + fmt::Debug + 'static {
    /// Removes sealed blobs until about `bytes` are free; returns what was freed, 0 when nothing may go.
    async fn free(&self, bytes: u64) -> u64;
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
