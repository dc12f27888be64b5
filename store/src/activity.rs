//! When sandboxes were last used, and for how long they have been idle.
//!
//! Idle time accrues only over spans that every live reporter has covered. So the region keeps one sum of such
//! spans, and a sandbox's row remembers the sum at its last activity: its idle time is the difference.

mod coverage;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::SandboxId;
use domain::time::Timestamp;

pub use self::coverage::REPORTER_LIVE_MS;
use self::coverage::{Coverage, Span};
use crate::error::Error;
use crate::sql::{Insert, Tx, args};
use crate::store::Store;

/// Activity. See [`Store::activity`].
#[derive(Clone, Copy, Debug)]
pub struct Activity<'s>(pub(crate) &'s Store);

/// What one reporter saw in one span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who reports, the same from report to report.
    pub reporter: String,
    /// Where the span begins: where the last one ended, unless something was missed.
    pub from: Timestamp,
    /// Where the span ends.
    pub to: Timestamp,
    /// The sandboxes that were used in the span, and when last.
    pub active: Vec<(SandboxId, Timestamp)>,
}

/// How idle a sandbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// When it was last used, or became ready.
    pub last_active_at: Timestamp,
    /// Milliseconds without use, of those that were watched.
    pub idle_ms: u64,
}

impl Activity<'_> {
    /// Takes a report.
    ///
    /// # Errors
    /// [`Error::Refused`] for a span that ends before it begins; [`Error::Unavailable`].
    pub async fn report(&self, report: Report) -> Result<(), Error> {
        if report.to < report.from {
            return Err(Error::refused("to", "the span ends before it begins"));
        }
        let now = self.0.now();
        let mut tx = self.0.begin().await?;
        let before = coverage::lock(&mut tx).await?;
        let span = Span { from: report.from.min(now), until: report.to.min(now) };
        coverage::note(&mut tx, &report.reporter, span, now).await?;
        let after = before.advance(&coverage::live_spans(&mut tx, now).await?);
        coverage::store(&mut tx, before, after).await?;
        note_active(&mut tx, after, report.active).await?;
        tx.commit().await
    }

    /// Notes that a sandbox is being used now; nothing for one that is not known.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn touch(&self, sandbox: &SandboxId) -> Result<(), Error> {
        self.0.database().write(TOUCH, args![sandbox, self.0.now()]).await.map(drop)
    }

    /// How long a sandbox has been idle, in milliseconds; 0 for one that was never ready.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn idle_ms(&self, sandbox: &SandboxId) -> Result<u64, Error> {
        let sql = "SELECT a.sandbox, c.covered_ms - a.covered_ms AS idle_ms FROM activity a \
                   JOIN coverage c ON c.id = 1 WHERE a.sandbox = $1";
        let row = self.0.database().first(sql, args![sandbox]).await?;
        row.map_or(Ok(0), |row| row.of("activity", "sandbox").count("idle_ms"))
    }

    /// How idle every ready sandbox is. One that was never noted begins now.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn all_idle(&self) -> Result<BTreeMap<SandboxId, Idle>, Error> {
        let sql = "SELECT s.id, a.last_active_at, c.covered_ms - a.covered_ms AS idle_ms FROM status s \
                   JOIN coverage c ON c.id = 1 LEFT JOIN activity a ON a.sandbox = s.id \
                   WHERE s.phase = 'ready'";
        let now = self.0.now();
        let mut idle = BTreeMap::new();
        for row in self.0.database().all(sql, args![]).await? {
            let cells = row.of("activity", "id");
            let sandbox: SandboxId = cells.parse("id")?;
            let last_active_at = cells.opt_time("last_active_at")?;
            if last_active_at.is_none() {
                self.touch(&sandbox).await?;
            }
            let idle_ms = cells.opt_count("idle_ms")?.unwrap_or(0);
            idle.insert(sandbox, Idle { last_active_at: last_active_at.unwrap_or(now), idle_ms });
        }
        Ok(idle)
    }
}

/// Idle time begins anew, for a sandbox that exists.
const TOUCH: &str = "INSERT INTO activity (sandbox, covered_ms, last_active_at) \
                     SELECT x.id, c.covered_ms, $2 FROM coverage c JOIN sandboxes x ON x.id = $1 WHERE c.id = 1 \
                     ON CONFLICT (sandbox) DO UPDATE SET covered_ms = excluded.covered_ms, \
                     last_active_at = excluded.last_active_at";

/// Notes use inside another transaction.
pub(crate) async fn touch_in(tx: &mut Tx, sandbox: &SandboxId, now: Timestamp) -> Result<(), Error> {
    tx.execute(TOUCH, args![sandbox, now]).await.map(drop)
}

/// Activity counts from the coverage that its own report brought: late news errs in the student's favour.
async fn note_active(
    tx: &mut Tx,
    coverage: Coverage,
    active: Vec<(SandboxId, Timestamp)>,
) -> Result<(), Error> {
    const NOTE: Insert = Insert {
        into: "activity (sandbox, covered_ms, last_active_at)",
        tail: "ON CONFLICT (sandbox) DO UPDATE SET covered_ms = excluded.covered_ms, last_active_at = CASE \
               WHEN activity.last_active_at > excluded.last_active_at THEN activity.last_active_at \
               ELSE excluded.last_active_at END",
    };
    let mut last: BTreeMap<SandboxId, Timestamp> = BTreeMap::new();
    for (sandbox, at) in active {
        let known = last.entry(sandbox).or_insert(at);
        *known = at.max(*known);
    }
    let rows = last.iter().map(|(sandbox, at)| args![sandbox, coverage.covered_ms, *at]);
    NOTE.run(tx, rows.collect()).await.map(drop)
}

/// How long a reporter is remembered that no longer reports.
const REPORTER_KEPT: Duration = Duration::from_secs(24 * 3600);
