//! What is known of a budget, and what follows from it. Pure but for the moments it is given.

use std::time::Duration;

use tokio::time::Instant;

use super::Budget;
use super::headers::Announced;

/// How long pulls rest after a 429 that does not say how long.
const REST: Duration = Duration::from_secs(10);
const REST_MAX: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(super) struct State {
    known: Known,
    /// Pulls without an answer yet.
    under_way: u64,
    reserve: u64,
    blocked_until: Option<Instant>,
    probed_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
enum Known {
    Nothing,
    NoBudget,
    Budget { announced: Announced, at: Instant },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Go,
    /// Pulls under way may leave more than is known now.
    WaitForAnswers,
    WaitUntil(Instant),
    Refuse,
}

impl State {
    pub(super) const fn new(reserve: u64) -> Self {
        Self { known: Known::Nothing, under_way: 0, reserve, blocked_until: None, probed_at: None }
    }

    pub(super) fn decide(&mut self, now: Instant) -> Decision {
        self.forget_old(now);
        if let Some(until) = self.blocked_until {
            return Decision::WaitUntil(until);
        }
        let left = match self.known {
            Known::NoBudget => return Decision::Go,
            Known::Nothing => u64::from(self.under_way == 0),
            Known::Budget { announced, .. } => self.left(announced),
        };
        match (left, self.under_way) {
            (0, 0) => Decision::Refuse,
            (0, _) => Decision::WaitForAnswers,
            _ => Decision::Go,
        }
    }

    pub(super) const fn begin(&mut self) {
        self.under_way += 1;
    }

    pub(super) fn end(&mut self, charged: bool) {
        self.under_way = self.under_way.saturating_sub(1);
        if let (true, Known::Budget { announced, .. }) = (charged, &mut self.known) {
            announced.remaining = announced.remaining.saturating_sub(1);
        }
    }

    /// Takes in what an answer to a question asked at `began` announced. Answers overtake each other: one that
    /// was asked before the last news may lower the rest, but not raise it.
    pub(super) fn observe(&mut self, began: Instant, announced: Option<Announced>, now: Instant) {
        let Some(new) = announced else {
            if matches!(self.known, Known::Nothing) {
                self.known = Known::NoBudget;
            }
            return;
        };
        let older = match self.known {
            Known::Budget { announced, at } => began < at && new.remaining > announced.remaining,
            Known::Nothing | Known::NoBudget => false,
        };
        if !older {
            self.known = Known::Budget { announced: new, at: now };
            if self.left(new) > 0 {
                self.probed_at = None;
            }
        }
    }

    /// Lets pulls rest; returns for how long.
    pub(super) fn block(&mut self, now: Instant, retry_after: Option<Duration>) -> Duration {
        let wait =
            retry_after.or_else(|| self.refill()).unwrap_or(REST).clamp(Duration::from_secs(1), REST_MAX);
        if let Known::Budget { announced, at } = &mut self.known {
            (announced.remaining, *at) = (0, now);
        }
        self.blocked_until = Some(now + wait);
        wait
    }

    pub(super) fn should_probe(&mut self, now: Instant, every: Duration) -> bool {
        let last = match self.known {
            Known::Budget { at, .. } => Some(self.probed_at.map_or(at, |probed| probed.max(at))),
            Known::Nothing | Known::NoBudget => return false,
        };
        let due = last.is_none_or(|last| now.duration_since(last) >= every);
        if due {
            self.probed_at = Some(now);
        }
        due
    }

    pub(super) fn retry_after(&self, now: Instant) -> Option<Duration> {
        let blocked = self.blocked_until.map(|until| until.saturating_duration_since(now));
        blocked.or_else(|| self.resets_in(now)).or_else(|| self.refill())
    }

    pub(super) fn budget(&self, now: Instant) -> Option<Budget> {
        let Known::Budget { announced, .. } = self.known else { return None };
        let (limit, window) = (announced.limit, announced.window);
        Some(Budget { limit, remaining: self.left(announced), window, resets_in: self.resets_in(now) })
    }

    fn left(&self, announced: Announced) -> u64 {
        announced.remaining.saturating_sub(self.under_way).saturating_sub(self.reserve)
    }

    fn resets_in(&self, now: Instant) -> Option<Duration> {
        let Known::Budget { announced, at } = self.known else { return None };
        Some((at + announced.resets_in?).saturating_duration_since(now))
    }

    /// The mean time in which a window gives one pull back.
    fn refill(&self) -> Option<Duration> {
        let Known::Budget { announced, .. } = self.known else { return None };
        let pulls = u32::try_from(announced.limit.max(1)).unwrap_or(u32::MAX);
        Some(announced.window? / pulls)
    }

    /// A budget whose window is over, or whose reset has come, says nothing any more.
    fn forget_old(&mut self, now: Instant) {
        if self.blocked_until.is_some_and(|until| until <= now) {
            self.blocked_until = None;
            // It was blocked without a number that could say when there is more: one pull finds out.
            if matches!(self.known, Known::Budget { announced, .. } if announced.remaining == 0) {
                self.known = Known::Nothing;
            }
        }
        if let Known::Budget { announced, at } = self.known {
            let end = announced.resets_in.or(announced.window).map(|lifetime| at + lifetime);
            if end.is_some_and(|end| end <= now) {
                self.known = Known::Nothing;
            }
        }
    }
}
