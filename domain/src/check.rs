//! One thing that `region doctor` looked at, on a computer, in a cluster or at an API.

use std::fmt::Display;

use serde::Serialize;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// As it should be.
    Good,
    /// A region runs, but something is off.
    Warning,
    /// A region does not run.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it is.
    pub mark: Mark,
    /// What was found.
    pub detail: String,
    /// What to do; empty when nothing needs to be done.
    pub remedy: String,
}

impl Check {
    /// Found as it should be.
    pub fn good(name: &'static str, detail: impl Display) -> Self {
        Self { name, mark: Mark::Good, detail: detail.to_string(), remedy: String::new() }
    }

    /// Found off, in a way that a region can live with.
    pub fn warning(name: &'static str, detail: impl Display, remedy: impl Into<String>) -> Self {
        Self { name, mark: Mark::Warning, detail: detail.to_string(), remedy: remedy.into() }
    }

    /// Found so that a region does not run.
    pub fn bad(name: &'static str, detail: impl Display, remedy: impl Into<String>) -> Self {
        Self { mark: Mark::Bad, ..Self::warning(name, detail, remedy) }
    }

    /// Whether it is as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.mark == Mark::Good
    }
}
