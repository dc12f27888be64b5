//! Named checks that components set, and what they add up to.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use tokio::sync::watch;

/// The reason of a check that was announced and not set yet.
const STARTING: &str = "starting";
/// The reason of the check that a draining process adds.
const STOPPING: &str = "stopping";

type Checks = BTreeMap<&'static str, Result<(), String>>;

/// The named checks of a process; ready when all of them pass. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    checks: watch::Sender<Checks>,
}

/// One check as `/readyz` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Whether it passes.
    pub ready: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether every check passes.
    pub ready: bool,
    /// Each check by its name.
    pub checks: BTreeMap<&'static str, Check>,
}

impl Readiness {
    /// Announces checks that must pass before the process is ready; they fail until they are set.
    pub fn announce(&self, names: &[&'static str]) {
        self.checks.send_modify(|checks| {
            for name in names {
                checks.entry(name).or_insert_with(|| Err(STARTING.to_owned()));
            }
        });
    }

    /// Sets a check: `Ok`, or `Err` with a reason without secrets. A change of sides is logged, once.
    pub fn set<E: Display>(&self, name: &'static str, state: Result<(), E>) {
        let state = state.map_err(|reason| reason.to_string());
        self.checks.send_if_modified(|checks| {
            let before = checks.insert(name, state.clone());
            log_change(name, before.as_ref(), &state);
            before.as_ref() != Some(&state)
        });
    }

    /// Whether every check passes.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        all_pass(&self.checks.borrow())
    }

    /// Whether this check passes; one that nobody has set does not.
    #[must_use]
    pub fn passes(&self, name: &str) -> bool {
        passes(&self.checks.borrow(), name)
    }

    /// Waits until this check passes, or no longer does. Cancel safe.
    pub async fn becomes(&self, name: &str, passing: bool) {
        let mut checks = self.checks.subscribe();
        let _become = checks.wait_for(|checks| passes(checks, name) == passing).await;
    }

    /// Waits until every check passes. Cancel safe.
    pub async fn ready(&self) {
        // The sender lives as long as `self`, so waiting can't end by its loss.
        let mut checks = self.checks.subscribe();
        let _ready = checks.wait_for(all_pass).await;
    }

    /// Every check; `stopping` adds one that fails.
    #[must_use]
    pub fn report(&self, stopping: bool) -> Report {
        let mut checks = self.checks.borrow().clone();
        if stopping {
            checks.insert("stop", Err(STOPPING.to_owned()));
        }
        Report { ready: all_pass(&checks), checks: checks.into_iter().map(shown).collect() }
    }
}

fn passes(checks: &Checks, name: &str) -> bool {
    checks.get(name).is_some_and(Result::is_ok)
}

fn all_pass(checks: &Checks) -> bool {
    checks.values().all(Result::is_ok)
}

fn shown((name, state): (&'static str, Result<(), String>)) -> (&'static str, Check) {
    (name, Check { ready: state.is_ok(), reason: state.err() })
}

fn log_change(name: &'static str, before: Option<&Result<(), String>>, now: &Result<(), String>) {
    match (before.map(Result::is_ok), now) {
        (Some(false) | None, Ok(())) => tracing::info!(check.name = name, "check passes"),
        (Some(true) | None, Err(reason)) => tracing::warn!(check.name = name, reason, "check fails"),
        (Some(true), Ok(())) | (Some(false), Err(_)) => {}
    }
}
