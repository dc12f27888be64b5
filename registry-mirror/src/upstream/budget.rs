//! How many pulls an upstream still allows, and who may make the next one.
//!
//! Docker Hub counts a GET of a manifest as a pull and announces the rest in each answer; HEAD is free and
//! announces it too. Until the first answer, pulls go one at a time, because nothing is known.

mod headers;
mod state;

use std::time::Duration;

use parking_lot::Mutex;
use reqwest::header::HeaderMap;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use state::{Decision, State};

/// A used-up budget is looked at by HEAD this often, because only the upstream knows when it is whole again.
const PROBE_EVERY: Duration = Duration::from_secs(30);

/// An upstream's rate budget as it was announced last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Pulls of one window.
    pub limit: u64,
    /// Pulls that are left, without those under way and those in reserve.
    pub remaining: u64,
    /// The length of the window, if it was announced.
    pub window: Option<Duration>,
    /// How long until more are allowed, if that is known.
    pub resets_in: Option<Duration>,
}

/// Counts the pulls of one upstream and credential.
#[derive(Debug)]
pub(super) struct Meter {
    state: Mutex<State>,
    changed: Notify,
    /// Whoever came first is decided on first.
    turn: tokio::sync::Mutex<()>,
}

/// No pull is allowed for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) retry_after: Option<Duration>,
}

impl Meter {
    pub(super) fn new(reserve: u64) -> Self {
        Self {
            state: Mutex::new(State::new(reserve)),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// What is known; nothing when the upstream announces no budget.
    pub(super) fn budget(&self) -> Option<Budget> {
        self.state.lock().budget(Instant::now())
    }

    /// Waits for leave to pull, `wait` at most.
    pub(super) async fn pull(&self, wait: Duration) -> Result<Pull<'_>, Refused> {
        let deadline = Instant::now() + wait;
        let Ok(_turn) = timeout_at(deadline, self.turn.lock()).await else {
            return Err(self.refusal());
        };
        loop {
            let changed = self.changed.notified();
            let decision = self.state.lock().decide(Instant::now());
            let until = match decision {
                Decision::Go => break,
                Decision::Refuse => return Err(self.refusal()),
                Decision::WaitUntil(until) if until > deadline => return Err(self.refusal()),
                Decision::WaitUntil(until) => until,
                Decision::WaitForAnswers => deadline,
            };
            tokio::select! {
                () = changed => {}
                () = sleep_until(until) => {}
            }
            if Instant::now() >= deadline {
                return Err(self.refusal());
            }
        }
        self.state.lock().begin();
        Ok(Pull { meter: self, began: Instant::now(), charged: true })
    }

    /// A question that costs nothing, but whose answer announces the budget.
    pub(super) fn free(&self) -> Free<'_> {
        Free { meter: self, began: Instant::now() }
    }

    /// Whether the caller is the one that should look by HEAD whether there is more now.
    pub(super) fn should_probe(&self) -> bool {
        self.state.lock().should_probe(Instant::now(), PROBE_EVERY)
    }

    fn refusal(&self) -> Refused {
        Refused { retry_after: self.state.lock().retry_after(Instant::now()) }
    }

    fn observe(&self, began: Instant, headers: &HeaderMap) {
        self.state.lock().observe(began, headers::announced(headers), Instant::now());
        self.changed.notify_waiters();
    }
}

/// Leave to pull one manifest. Dropped without an answer it counts as pulled: the upstream may think so.
#[derive(Debug)]
pub(super) struct Pull<'a> {
    meter: &'a Meter,
    began: Instant,
    charged: bool,
}

impl Pull<'_> {
    /// The answer came, and announced what is left.
    pub(super) fn observe(mut self, headers: &HeaderMap) {
        self.charged = false;
        self.meter.observe(self.began, headers);
    }

    /// The upstream refused it for lack of budget; says how long to wait.
    pub(super) fn limited(mut self, retry_after: Option<Duration>) -> Duration {
        self.charged = false;
        self.meter.state.lock().block(Instant::now(), retry_after)
    }

    /// The answer was one that costs nothing.
    pub(super) fn free_of_charge(mut self) {
        self.charged = false;
    }
}

impl Drop for Pull<'_> {
    fn drop(&mut self) {
        self.meter.state.lock().end(self.charged);
        self.meter.changed.notify_waiters();
    }
}

/// A question that costs nothing.
#[derive(Debug)]
pub(super) struct Free<'a> {
    meter: &'a Meter,
    began: Instant,
}

impl Free<'_> {
    /// The answer came, and announced what is left.
    pub(super) fn observe(self, headers: &HeaderMap) {
        self.meter.observe(self.began, headers);
    }
}

#[cfg(test)]
mod tests;
