//! Whom a fill asks next. Origins that say no for good are left out; those that fail for a while are tried
//! again later, each with its own backoff.

use std::time::Duration;

use parking_lot::Mutex;
use runtime::backoff::os_random;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Origin;
use super::patience::BACKOFF;
use crate::source::Fault;

/// With so many strikes an origin is left out.
const STRIKES_MAX: u32 = 2;

/// What an origin should bring before it stops, in bytes.
const ENOUGH_BYTES: u64 = 64 * 1024;

/// The origins of one fill, in the order they were named.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    list: Mutex<Vec<Candidate>>,
    added: Notify,
}

#[derive(Debug)]
struct Candidate {
    origin: Origin,
    failures: u32,
    /// Times that wrong content was partly its own.
    strikes: u32,
    not_before: Option<Instant>,
    last: Option<Fault>,
    left_out: bool,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Ask this one; the number names it in the other calls.
    Ask(usize, Origin),
    /// Nobody may be asked before then.
    Wait(Duration),
    /// Nobody is left.
    Nobody(Fault),
}

impl Candidates {
    /// Adds those that are not there yet.
    pub(super) fn add(&self, origins: &[Origin]) {
        let mut list = self.list.lock();
        for origin in origins {
            if !list.iter().any(|candidate| candidate.is(origin)) {
                list.push(Candidate::new(origin.clone()));
                self.added.notify_one();
            }
        }
    }

    /// Resolves when an origin was added since the last look.
    pub(super) async fn added(&self) {
        self.added.notified().await;
    }

    pub(super) fn next(&self) -> Next {
        let (list, now) = (self.list.lock(), Instant::now());
        let open = || list.iter().enumerate().filter(|(_, candidate)| !candidate.left_out);
        let ready = open().filter(|(_, candidate)| candidate.not_before.is_none_or(|at| at <= now));
        if let Some((index, candidate)) = ready.min_by_key(|(_, candidate)| candidate.strikes) {
            return Next::Ask(index, candidate.origin.clone());
        }
        match open().filter_map(|(_, candidate)| candidate.not_before).min() {
            Some(at) => Next::Wait(at.saturating_duration_since(now)),
            None => Next::Nobody(worst(&list)),
        }
    }

    /// It stopped before the end of the blob after `moved` bytes. After many it is asked again at once; after
    /// few it would cost more connections than it brings, and others come first.
    pub(super) fn stopped(&self, index: usize, moved: u64, fault: Fault) {
        if moved < ENOUGH_BYTES || !fault.is_passing() {
            return self.failed(index, fault);
        }
        self.change(index, |candidate| {
            candidate.failures = 0;
            candidate.not_before = None;
            candidate.last = Some(fault);
        });
    }

    /// It brought nothing.
    pub(super) fn failed(&self, index: usize, fault: Fault) {
        self.change(index, |candidate| {
            candidate.failures += 1;
            candidate.left_out |= !fault.is_passing();
            let pause = BACKOFF.delay(candidate.failures, os_random());
            let pause = match &fault {
                Fault::Limited { retry_after: Some(after), .. } => pause.max(*after),
                _ => pause,
            };
            candidate.not_before = Some(Instant::now() + pause);
            candidate.last = Some(fault);
        });
    }

    /// All content was its own, and wrong.
    pub(super) fn leave_out(&self, index: usize, fault: Fault) {
        self.change(index, |candidate| {
            candidate.left_out = true;
            candidate.last = Some(fault);
        });
    }

    /// Part of some wrong content was its own.
    pub(super) fn strike(&self, index: usize, fault: Fault) {
        self.change(index, |candidate| {
            candidate.strikes += 1;
            candidate.left_out |= candidate.strikes >= STRIKES_MAX;
            candidate.last = Some(fault);
        });
    }

    /// What to tell those who can wait no longer.
    pub(super) fn last_fault(&self) -> Fault {
        worst(&self.list.lock())
    }

    pub(super) fn name(&self, index: usize) -> String {
        self.list.lock().get(index).map_or_else(String::new, |it| it.origin.source.name().to_owned())
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Candidate)) {
        if let Some(candidate) = self.list.lock().get_mut(index) {
            change(candidate);
        }
    }
}

impl Candidate {
    const fn new(origin: Origin) -> Self {
        Self { origin, failures: 0, strikes: 0, not_before: None, last: None, left_out: false }
    }

    fn is(&self, origin: &Origin) -> bool {
        self.origin.repository == origin.repository && self.origin.source.name() == origin.source.name()
    }
}

/// The fault that says most: one that may pass before one that won't, "absent" last.
fn worst(list: &[Candidate]) -> Fault {
    let rank = |fault: &&Fault| match fault {
        Fault::NoRoom { .. } | Fault::Local { .. } => 5,
        Fault::Unavailable { .. } => 4,
        Fault::Limited { .. } => 3,
        Fault::Corrupt { .. } => 2,
        Fault::Denied { .. } => 1,
        Fault::Absent { .. } => 0,
    };
    let worst = list.iter().filter_map(|candidate| candidate.last.as_ref()).max_by_key(rank);
    worst.cloned().unwrap_or_else(|| Fault::Unavailable {
        source_name: list
            .first()
            .map_or_else(|| "no upstream".to_owned(), |it| it.origin.source.name().to_owned()),
        reason: "it did not answer in time".to_owned(),
    })
}
