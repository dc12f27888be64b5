//! One thing that was looked at.

use std::fmt::Display;

use serde::Serialize;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    /// As it should be.
    Good,
    /// A region runs, but something is off.
    Warning,
    /// A region does not run.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) mark: Mark,
    pub(super) detail: String,
    /// What to do; empty when nothing needs to be done.
    pub(super) remedy: String,
}

impl Check {
    pub(super) fn good(name: &str, detail: impl Display) -> Self {
        Self { name: name.to_owned(), mark: Mark::Good, detail: detail.to_string(), remedy: String::new() }
    }

    pub(super) fn warning(name: &str, detail: impl Display, remedy: &str) -> Self {
        let (name, remedy) = (name.to_owned(), remedy.to_owned());
        Self { name, mark: Mark::Warning, detail: detail.to_string(), remedy }
    }

    pub(super) fn bad(name: &str, detail: impl Display, remedy: &str) -> Self {
        Self { mark: Mark::Bad, ..Self::warning(name, detail, remedy) }
    }

    pub(super) fn lines(&self) -> String {
        let mark = match self.mark {
            Mark::Good => "ok",
            Mark::Warning => "note",
            Mark::Bad => "BAD",
        };
        let first = format!("{mark:<4}  {:<15}  {}\n", self.name, self.detail);
        if self.remedy.is_empty() { first } else { format!("{first}{:23}→ {}\n", "", self.remedy) }
    }
}

impl From<local::Check> for Check {
    /// Without limits or users of their own machines still run.
    fn from(check: local::Check) -> Self {
        let local::Check { name, ok, detail, remedy } = check;
        let degrades = name == "users" || name.starts_with("limit.");
        match (ok, degrades) {
            (true, _) => Self::good(name, detail),
            (false, true) => Self::warning(name, detail, &remedy),
            (false, false) => Self::bad(name, detail, &remedy),
        }
    }
}
