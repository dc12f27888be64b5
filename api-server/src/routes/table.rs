//! The table itself: one row per sandbox that is not deleted, and what changed lately.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use domain::id::SandboxId;
use domain::route::Route;

use crate::limits::ROUTE_CHANGES_MAX;

/// Rows and recent changes, up to one position of the log.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: BTreeMap<SandboxId, Row>,
    /// Who changed at which position, oldest first.
    changes: VecDeque<(u64, SandboxId)>,
    /// Changes after this position are all in `changes`.
    complete_after: u64,
    /// Everything up to here is folded in.
    number: u64,
}

/// One sandbox's route, and which version of the sandbox it was computed from.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// As it is handed out, its targets' tokens signed.
    pub(crate) route: Arc<Route>,
    /// Generation of the intent and revision of the status.
    pub(crate) version: (u64, u64),
}

/// What a proxy must change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delta {
    /// Whether everything that isn't listed is gone.
    pub(crate) full: bool,
    /// Rows that are new or changed.
    pub(crate) routes: Vec<Arc<Route>>,
    /// Sandboxes that are no more.
    pub(crate) gone: Vec<SandboxId>,
}

impl Delta {
    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        !self.full && self.routes.is_empty() && self.gone.is_empty()
    }
}

impl Table {
    /// The table of a fresh look at everything, as of `number`.
    pub(crate) fn loaded(rows: BTreeMap<SandboxId, Row>, number: u64) -> Self {
        Self { rows, changes: VecDeque::new(), complete_after: number, number }
    }

    /// The position up to which everything is folded in.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// One row.
    pub(crate) fn row(&self, id: &SandboxId) -> Option<&Row> {
        self.rows.get(id)
    }

    /// Puts, or with `None` removes, a sandbox's row as of position `number`.
    pub(crate) fn set(&mut self, id: &SandboxId, row: Option<Row>, number: u64) {
        match row {
            Some(row) => drop(self.rows.insert(id.clone(), row)),
            None => drop(self.rows.remove(id)),
        }
        self.changes.push_back((number, id.clone()));
        while self.changes.len() > ROUTE_CHANGES_MAX {
            if let Some((number, _)) = self.changes.pop_front() {
                self.complete_after = number;
            }
        }
    }

    /// Everything up to `number` is folded in.
    pub(crate) fn reached(&mut self, number: u64) {
        self.number = self.number.max(number);
    }

    /// What changed after `after`; everything when that is not known any more or `after` is `None`.
    pub(crate) fn since(&self, after: Option<u64>) -> Delta {
        let Some(after) = after.filter(|after| *after >= self.complete_after) else {
            let routes = self.rows.values().map(|row| Arc::clone(&row.route)).collect();
            return Delta { full: true, routes, gone: Vec::new() };
        };
        let newer = self.changes.iter().rev().take_while(|(number, _)| *number > after);
        let ids: BTreeSet<&SandboxId> = newer.map(|(_, id)| id).collect();
        let routes =
            ids.iter().filter_map(|id| self.rows.get(id)).map(|row| Arc::clone(&row.route)).collect();
        let gone = ids.into_iter().filter(|id| !self.rows.contains_key(id)).cloned().collect();
        Delta { full: false, routes, gone }
    }
}
