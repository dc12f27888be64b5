//! What has hit the region, by kind: a fault that was meant and did not happen shows nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// A connection broke before the API server.
    Broken,
    /// A request came through later.
    Late,
    /// Who had asked gave up before the request came through.
    GivenUp,
    /// A request was answered with this status instead.
    Refused(u16),
    /// A request had its effect; its answer was lost.
    AnswerLost,
    /// A watch heard that what it asked for is compacted.
    Compacted,
    /// An open watch ended.
    Cut,
    /// A jobrunner died while a write of it was on its way, which then had no effect.
    DiedBeforeEffect,
    /// A jobrunner died when a write of it had its effect, and before it heard so.
    DiedBeforeAnswer,
    /// A jobrunner stood still longer than its lease.
    Frozen,
    /// A leader stood still, another took its lead, and it was woken.
    Overtaken,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("connections broken"),
            Self::Late => f.write_str("late"),
            Self::GivenUp => f.write_str("given up"),
            Self::Refused(status) => write!(f, "status {status}"),
            Self::AnswerLost => f.write_str("answers lost"),
            Self::Compacted => f.write_str("watches compacted (410)"),
            Self::Cut => f.write_str("watches cut"),
            Self::DiedBeforeEffect => f.write_str("killed before a write's effect"),
            Self::DiedBeforeAnswer => f.write_str("killed between a write and its answer"),
            Self::Frozen => f.write_str("frozen"),
            Self::Overtaken => f.write_str("leaders frozen past their lease, overtaken and woken"),
        }
    }
}

/// How often what happened.
pub(super) type Counts = BTreeMap<Fault, u64>;

/// Counts.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

impl Tally {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It has happened.
    pub(super) fn note(&self, fault: Fault) {
        *self.counts().entry(fault).or_default() += 1;
    }

    /// It has happened so often.
    pub(super) fn add(&self, fault: Fault, times: u64) {
        *self.counts().entry(fault).or_default() += times;
    }

    /// How often it has happened.
    pub(super) fn count(&self, fault: Fault) -> u64 {
        self.counts().get(&fault).copied().unwrap_or_default()
    }

    /// Everything since the last time that this was asked; counting begins anew.
    pub(super) fn take(&self) -> Counts {
        std::mem::take(&mut *self.counts())
    }

    /// Waits for `work`; whoever stops waiting before it is done has met this fault.
    pub(super) async fn unless(&self, fault: Fault, work: impl Future<Output = ()>) {
        let mut left = Left { tally: self, fault: Some(fault) };
        work.await;
        left.fault = None;
    }
}

/// Notes its fault when it is dropped.
struct Left<'t> {
    tally: &'t Tally,
    fault: Option<Fault>,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        if let Some(fault) = self.fault {
            self.tally.note(fault);
        }
    }
}
