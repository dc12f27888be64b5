//! How much time every live reporter has watched.

use std::time::Duration;

use domain::time::Timestamp;

use super::REPORTER_KEPT;
use crate::error::Error;
use crate::sql::{Tx, args};

/// A reporter counts as live for so long after its last report; a longer jump of the frontier is not counted.
pub const REPORTER_LIVE_MS: u64 = 60_000;

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Span {
    /// This span together with the one before it, when nothing is missing between the two.
    fn after(self, earlier: Self) -> Self {
        let joins = (earlier.from..=earlier.until).contains(&self.from);
        Self { from: if joins { earlier.from } else { self.from }, until: self.until }
    }
}

/// Up to where every live reporter has watched, and the sum of what all of them did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coverage {
    pub(super) covered_ms: u64,
    pub(super) frontier: Timestamp,
}

impl Coverage {
    /// The coverage once `live` is what every live reporter has watched without a gap.
    pub(super) fn advance(self, live: &[Span]) -> Self {
        let Some(until) = live.iter().map(|span| span.until).min() else { return self };
        let limit = Duration::from_millis(REPORTER_LIVE_MS);
        if until <= self.frontier {
            // A small step back is a reporter that lags; a large one a clock that was set back.
            let set_back = self.frontier.since(until) > limit;
            return if set_back { Self { frontier: until, ..self } } else { self };
        }
        if until.since(self.frontier) > limit {
            return Self { frontier: until, ..self };
        }
        let from = live.iter().map(|span| span.from).fold(self.frontier, Timestamp::max);
        let gained = u64::try_from(until.since(from).as_millis()).unwrap_or(0);
        Self { covered_ms: self.covered_ms + gained, frontier: until }
    }
}

/// Locks and reads the coverage.
pub(super) async fn lock(tx: &mut Tx) -> Result<Coverage, Error> {
    let sql = "UPDATE coverage SET frontier = frontier WHERE id = 1 RETURNING covered_ms, frontier";
    let row = tx.first(sql, args![]).await?.ok_or(Error::NotFound)?;
    let cells = row.of("coverage", "id");
    Ok(Coverage { covered_ms: cells.count("covered_ms")?, frontier: cells.time("frontier")? })
}

/// Stores the coverage if it differs.
pub(super) async fn store(tx: &mut Tx, before: Coverage, after: Coverage) -> Result<(), Error> {
    if before == after {
        return Ok(());
    }
    let sql = "UPDATE coverage SET covered_ms = $1, frontier = $2 WHERE id = 1";
    tx.execute(sql, args![after.covered_ms, after.frontier]).await.map(drop)
}

/// Stores a reporter's span, joined to its last one.
pub(super) async fn note(tx: &mut Tx, reporter: &str, span: Span, now: Timestamp) -> Result<(), Error> {
    let sql = "SELECT name, covered_from, covered_until FROM reporters WHERE name = $1";
    let known = match tx.first(sql, args![reporter]).await? {
        Some(row) => span.after(read(&row)?),
        None => span,
    };
    let sql = "INSERT INTO reporters (name, covered_from, covered_until, seen_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (name) DO UPDATE SET covered_from = excluded.covered_from, \
               covered_until = excluded.covered_until, seen_at = excluded.seen_at";
    tx.execute(sql, args![reporter, known.from, known.until, now]).await?;
    tx.execute("DELETE FROM reporters WHERE seen_at < $1", args![now - REPORTER_KEPT]).await.map(drop)
}

/// The spans of the reporters that are live.
pub(super) async fn live_spans(tx: &mut Tx, now: Timestamp) -> Result<Vec<Span>, Error> {
    let sql = "SELECT name, covered_from, covered_until FROM reporters WHERE seen_at >= $1";
    let since = now - Duration::from_millis(REPORTER_LIVE_MS);
    tx.all(sql, args![since]).await?.iter().map(read).collect()
}

fn read(row: &crate::sql::Row) -> Result<Span, Error> {
    let cells = row.of("reporters", "name");
    Ok(Span { from: cells.time("covered_from")?, until: cells.time("covered_until")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, until: i64) -> Span {
        Span { from: Timestamp::from_ms(from), until: Timestamp::from_ms(until) }
    }

    fn advance(covered_ms: u64, frontier: i64, live: &[Span]) -> (u64, i64) {
        let after = Coverage { covered_ms, frontier: Timestamp::from_ms(frontier) }.advance(live);
        (after.covered_ms, after.frontier.ms())
    }

    #[test]
    fn only_what_everybody_watched_counts() {
        assert_eq!(advance(5, 1000, &[span(0, 3000), span(0, 2000)]), (1005, 2000), "the slowest rules");
        assert_eq!(advance(5, 1000, &[span(0, 3000), span(1500, 3000)]), (1505, 3000), "a gap is left out");
        assert_eq!(advance(5, 1000, &[span(0, 900_000)]), (5, 900_000), "an outage is left out");
        assert_eq!(advance(5, 1000, &[span(0, 400)]), (5, 1000), "nothing counts twice");
        assert_eq!(advance(5, 900_000, &[span(0, 400)]), (5, 400), "a clock that was set back");
        assert_eq!(advance(5, 1000, &[]), (5, 1000));
    }

    #[test]
    fn spans_join_without_a_gap_only() {
        assert_eq!(span(10, 20).after(span(0, 10)), span(0, 20));
        assert_eq!(span(9, 20).after(span(0, 10)), span(0, 20));
        assert_eq!(span(11, 20).after(span(0, 10)), span(11, 20));
    }
}
