//! Keeps the table current: one look at everything at first, then the log, page by page.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::provider::StoreEpoch;
use domain::sandbox::{Sandbox, TemplateRef};
use domain::template::Template;
use runtime::{BoxError, Readiness, Stop};
use store::{Position, Topic, log};
use tokio::time::timeout;

use super::feed::RouteFeed;
use super::fold::{row, version};
use super::table::Table;
use crate::limits::{ROUTE_PAGE_ENTRIES, ROUTE_POLL};
use crate::problem::{Kind, Problem};

/// The templates of one page.
type Templates = HashMap<TemplateRef, Arc<Template>>;

impl RouteFeed {
    /// Follows the log until the soft stop. Sets the readiness check `routes`.
    pub(crate) async fn run(&self, stop: &Stop, readiness: &Readiness) -> Result<(), BoxError> {
        readiness.announce(&["routes"]);
        // Made before the first look, so that no change falls between a look and the wait after it.
        let wake = self.store.wake();
        while let Some(looked) = stop.unless_soft(self.catch_up()).await {
            readiness.set("routes", looked.map_err(|_| "the log can't be read"));
            let woken = timeout(ROUTE_POLL, wake.wait(Topic::Log));
            if stop.unless_soft(woken).await.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// One look; only [`RouteFeed::catch_up`] calls it, one at a time.
    pub(super) async fn follow(&self) -> Result<(), Problem> {
        let loaded = self.table.read().as_ref().map(|(epoch, table)| at(epoch, table.number()));
        let mut after = match loaded {
            Some(position) => position,
            None => return self.load().await,
        };
        loop {
            let entries = match self.store.log().after(&after, ROUTE_PAGE_ENTRIES).await {
                Err(store::Error::PositionGone) => return self.load().await,
                other => other?,
            };
            let Some(last) = entries.last() else { return Ok(()) };
            after = last.position.clone();
            let templates = self.templates(entries.iter().filter_map(|entry| entry.sandbox.as_ref())).await?;
            if let Some((_, table)) = self.table.write().as_mut() {
                self.fold(table, &entries, &templates);
            }
            self.changed.send_modify(|count| *count += 1);
        }
    }

    /// A fresh look at everything, then the log up to its end, before anybody sees the table.
    async fn load(&self) -> Result<(), Problem> {
        let mut after = self.store.log().head().await?;
        let epoch = after.epoch.clone();
        let mut table = self.snapshot(after.number).await?;
        loop {
            let entries = self.store.log().after(&after, ROUTE_PAGE_ENTRIES).await?;
            let Some(last) = entries.last() else { break };
            after = last.position.clone();
            let templates = self.templates(entries.iter().filter_map(|entry| entry.sandbox.as_ref())).await?;
            self.fold(&mut table, &entries, &templates);
        }
        *self.table.write() = Some((epoch, table));
        self.changed.send_modify(|count| *count += 1);
        Ok(())
    }

    async fn snapshot(&self, number: u64) -> Result<Table, Problem> {
        let live = self.store.sandboxes().live().await?;
        let templates = self.templates(live.iter()).await?;
        let mut rows = BTreeMap::new();
        for sandbox in &live {
            let Some(template) = templates.get(&sandbox.intent.template) else { continue };
            if let Some(row) = row(sandbox, template, number, (&self.signer, None)) {
                rows.insert(sandbox.intent.id.clone(), row);
            }
        }
        Ok(Table::loaded(rows, number))
    }

    fn fold(&self, table: &mut Table, entries: &[log::Entry], templates: &Templates) {
        for entry in entries {
            let number = entry.position.number;
            if let Some(sandbox) = &entry.sandbox {
                self.fold_one(table, sandbox, number, templates);
            }
            table.reached(number);
        }
    }

    fn fold_one(&self, table: &mut Table, sandbox: &Sandbox, number: u64, templates: &Templates) {
        let id = &sandbox.intent.id;
        let before = table.row(id);
        // The look at everything may already have seen what comes later in the log.
        if before.is_some_and(|row| is_older(version(sandbox), row.version)) {
            return;
        }
        let Some(template) = templates.get(&sandbox.intent.template) else { return };
        let row = row(sandbox, template, number, (&self.signer, before));
        table.set(id, row, number);
    }

    async fn templates<'a>(&self, of: impl Iterator<Item = &'a Sandbox>) -> Result<Templates, Problem> {
        let mut templates = Templates::new();
        for sandbox in of {
            let wanted = &sandbox.intent.template;
            if templates.contains_key(wanted) {
                continue;
            }
            let stored = self.store.templates().get(&wanted.name, Some(&wanted.version)).await;
            let stored = stored.map_err(|error| Problem::stored(error, Kind::Internal))?;
            templates.insert(wanted.clone(), stored.template);
        }
        Ok(templates)
    }
}

fn at(epoch: &StoreEpoch, number: u64) -> Position {
    Position { epoch: epoch.clone(), number }
}

fn is_older(one: (u64, u64), other: (u64, u64)) -> bool {
    one != other && one.0 <= other.0 && one.1 <= other.1
}
