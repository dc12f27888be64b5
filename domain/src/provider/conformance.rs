//! The suite that every [`Provider`] passes.
//!
//! Each check names the guarantee it is about, makes sandboxes of its own, and removes what it made. A failed check
//! panics with what was expected, as tests do.

mod identity;
mod lifecycle;
mod room;
mod setting;

use std::collections::BTreeMap;

use async_trait::async_trait;

pub use identity::*;
pub use lifecycle::*;
pub use room::*;
pub use setting::Setting;

use super::{Kind, Provider};
use crate::id::RegionName;
use crate::template;
use crate::time::Timestamp;

/// What a provider needs to be put through the suite.
#[async_trait]
pub trait Bench: Send + Sync {
    /// The provider under test. Nobody else uses its room meanwhile.
    fn provider(&self) -> &dyn Provider;

    /// The region that it serves.
    fn region(&self) -> RegionName;

    /// Another region on the same ground, and its name.
    fn other_region(&self) -> (&dyn Provider, RegionName);

    /// The present moment by the clock that the provider reads.
    fn now(&self) -> Timestamp;

    /// A machine with a home that runs until it is removed, of which at least three fit at once.
    fn machine(&self) -> template::Machine;

    /// A machine of a kind that this provider cannot run; none when it runs every kind.
    fn foreign_machine(&self) -> Option<template::Machine>;

    /// The public keys that agents are given; some agents do not start without.
    fn agent_keys(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Lets a little time pass: some milliseconds, or a step of a clock that a test moves.
    async fn pause(&self);

    /// Pauses after which something that should have happened is a failure.
    fn pauses_max(&self) -> u32 {
        2_000
    }

    /// Whether the provider recognises a creation that comes too late (see [`late_creations_make_nothing`]).
    fn fences_late_creations(&self) -> bool {
        true
    }
}

/// Every check, one after the other.
pub async fn check_all(bench: &dyn Bench) {
    a_made_machine_is_listed_and_runs(bench).await;
    repeated_calls_make_nothing_new(bench).await;
    removal_is_by_id(bench).await;
    homes_outlive_machines(bench).await;
    homes_are_made_anew_by_generation(bench).await;
    deadlines_end_machines(bench).await;
    other_regions_are_left_alone(bench).await;
    answers_come_in_order(bench).await;
    room_is_counted(bench).await;
    unknown_placements_are_refused(bench).await;
    if bench.fences_late_creations() {
        late_creations_make_nothing(bench).await;
    }
    let left = Setting::new(bench).resources(|_| true).await;
    assert!(left.iter().all(|resource| resource.kind == Kind::Home), "left behind: {left:?}");
    Setting::new(bench).remove(left.into_iter().map(|resource| resource.id).collect()).await;
}
