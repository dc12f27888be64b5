//! Appending, inside the transaction of the change.

use std::borrow::Cow;

use domain::id::SandboxId;
use domain::sandbox::Sandbox;
use domain::time::Timestamp;
use serde_json::Value;

use super::EventKind;
use crate::error::Error;
use crate::sql::{Arg, Insert, Tx, args};

/// A row to append.
#[derive(Debug)]
pub(crate) struct Append<'a> {
    kind: EventKind,
    at: Timestamp,
    sandbox: Option<&'a SandboxId>,
    sequence: u64,
    changed: Cow<'a, [&'static str]>,
    snapshot: String,
}

impl<'a> Append<'a> {
    /// A change of a sandbox, with the whole of it as it is now.
    pub(crate) fn sandbox(
        kind: EventKind,
        at: Timestamp,
        sequence: u64,
        changed: impl Into<Cow<'a, [&'static str]>>,
        sandbox: &'a Sandbox,
    ) -> Self {
        let snapshot = json(sandbox);
        Self { kind, at, sandbox: Some(&sandbox.intent.id), sequence, changed: changed.into(), snapshot }
    }

    /// A change of something else.
    pub(crate) fn subject(kind: EventKind, at: Timestamp, subject: &Value) -> Self {
        Self {
            kind,
            at,
            sandbox: None,
            sequence: 0,
            changed: Cow::Borrowed(&[]),
            snapshot: subject.to_string(),
        }
    }

    fn values(self) -> Vec<Arg<'a>> {
        let sandbox = self.sandbox.map(SandboxId::as_str);
        args![self.kind.as_str(), self.at, sandbox, self.sequence, json(&self.changed), self.snapshot]
    }
}

/// Text of a value of ours. Their serialisation has no failing case: no maps with other keys than strings.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Appends one row.
pub(crate) async fn one(tx: &mut Tx, row: Append<'_>) -> Result<(), Error> {
    many(tx, vec![row]).await
}

/// Appends rows in their order.
pub(crate) async fn many(tx: &mut Tx, rows: Vec<Append<'_>>) -> Result<(), Error> {
    const INSERT: Insert = Insert { into: "log (kind, at, sandbox, sequence, changed, snapshot)", tail: "" };
    INSERT.run(tx, rows.into_iter().map(Append::values).collect()).await.map(drop)
}
