//! Entries of the log.

use std::fmt;
use std::str::FromStr;

use domain::provider::StoreEpoch;
use domain::sandbox::Sandbox;
use domain::time::Timestamp;
use serde_json::Value;

use super::Position;
use crate::error::Error;
use crate::sql::Row;

/// What happened; the list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A sandbox was accepted.
    SandboxCreated,
    /// Something of a sandbox changed.
    SandboxChanged,
    /// A sandbox is gone.
    SandboxDeleted,
    /// A template has a new version.
    TemplatePublished,
    /// The region was cordoned or uncordoned.
    RegionChanged,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::SandboxCreated,
        Self::SandboxChanged,
        Self::SandboxDeleted,
        Self::TemplatePublished,
        Self::RegionChanged,
    ];

    /// The name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SandboxCreated => "sandbox.created",
            Self::SandboxChanged => "sandbox.changed",
            Self::SandboxDeleted => "sandbox.deleted",
            Self::TemplatePublished => "template.published",
            Self::RegionChanged => "region.changed",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text names no kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of event")]
pub struct UnknownKind;

impl FromStr for EventKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Names of the fields that changed, as the API calls them.
    pub changed: Vec<String>,
    /// Counts the events of one sandbox, from 1 and without a gap; 0 for others.
    pub sequence: u64,
    /// The sandbox as it was then; none for other subjects.
    pub sandbox: Option<Sandbox>,
    /// For templates and the region: what it is about.
    pub subject: Value,
}

/// Reads a numbered row.
pub(super) fn read(row: &Row, epoch: &StoreEpoch) -> Result<Entry, Error> {
    let cells = row.of("log", "sandbox");
    let is_sandbox = cells.opt_text("sandbox")?.is_some();
    Ok(Entry {
        position: Position { epoch: epoch.clone(), number: cells.count("number")? },
        kind: cells.parse("kind")?,
        at: cells.time("at")?,
        changed: cells.json("changed")?,
        sequence: cells.count("sequence")?,
        sandbox: if is_sandbox { Some(cells.json("snapshot")?) } else { None },
        subject: if is_sandbox { Value::Null } else { cells.json("snapshot")? },
    })
}
