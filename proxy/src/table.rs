//! The route table: what this proxy knows of every sandbox, each with its followers.

mod position;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::id::SandboxId;
use domain::route::Route;
use parking_lot::RwLock;
use tokio::sync::watch;

pub(crate) use position::Position;

/// What a follower of one sandbox sees; `None` once the sandbox is gone.
pub(crate) type Followed = watch::Receiver<Option<Arc<Route>>>;

/// The newest route of every sandbox that is not deleted, as far as it was heard of.
#[derive(Debug, Default)]
pub(crate) struct Table(RwLock<Rows>);

#[derive(Debug, Default)]
struct Rows {
    routes: HashMap<SandboxId, watch::Sender<Option<Arc<Route>>>>,
    /// Up to here everything was heard; nothing before the first answer of the feed.
    position: Option<Position>,
}

/// What the feed brings.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) position: Position,
    /// Whether `routes` is all there is.
    pub(crate) full: bool,
    pub(crate) routes: Vec<Route>,
    pub(crate) gone: Vec<SandboxId>,
}

impl Table {
    pub(crate) fn get(&self, id: &SandboxId) -> Option<Arc<Route>> {
        self.0.read().routes.get(id).and_then(|row| row.borrow().clone())
    }

    /// Follows a sandbox that is in the table.
    pub(crate) fn follow(&self, id: &SandboxId) -> Option<Followed> {
        self.0.read().routes.get(id).map(watch::Sender::subscribe)
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.0.read().position.clone()
    }

    /// Takes what the feed brings.
    pub(crate) fn apply(&self, update: Update) {
        let mut rows = self.0.write();
        let same_epoch =
            rows.position.as_ref().is_none_or(|position| position.epoch == update.position.epoch);
        if update.full {
            rows.forget_unlisted(&update, same_epoch);
        }
        for route in update.routes {
            rows.put(route, same_epoch);
        }
        for id in &update.gone {
            rows.forget(id);
        }
        rows.position = Some(update.position);
    }

    /// Takes one route that came past the feed, if it is newer than what is known; answers what is known then.
    pub(crate) fn offer(&self, route: Route) -> Option<Arc<Route>> {
        let (mut rows, id) = (self.0.write(), route.sandbox.clone());
        // The feed has told everything up to its position: what it doesn't know of by then is deleted.
        let heard = rows.position.as_ref().is_some_and(|position| position.number >= route.position);
        if rows.routes.contains_key(&id) || !heard {
            rows.put(route, true);
        }
        rows.routes.get(&id).and_then(|row| row.borrow().clone())
    }
}

impl Rows {
    fn put(&mut self, route: Route, same_epoch: bool) {
        let row = self.routes.entry(route.sandbox.clone()).or_default();
        row.send_if_modified(|known| {
            let newer = known.as_ref().is_none_or(|known| !same_epoch || known.position <= route.position);
            if !newer || known.as_deref() == Some(&route) {
                return false;
            }
            *known = Some(Arc::new(route));
            true
        });
    }

    fn forget(&mut self, id: &SandboxId) {
        if let Some(row) = self.routes.remove(id) {
            row.send_replace(None);
        }
    }

    /// After a full answer only what is listed exists, and what came past the feed later than the answer.
    fn forget_unlisted(&mut self, update: &Update, same_epoch: bool) {
        let listed: HashSet<&SandboxId> = update.routes.iter().map(|route| &route.sandbox).collect();
        let later = |row: &watch::Sender<Option<Arc<Route>>>| {
            row.borrow().as_ref().is_some_and(|route| route.position > update.position.number)
        };
        let unlisted =
            self.routes.iter().filter(|(id, row)| !(listed.contains(id) || same_epoch && later(row)));
        let unlisted: Vec<SandboxId> = unlisted.map(|(id, _)| id.clone()).collect();
        for id in &unlisted {
            self.forget(id);
        }
    }
}

#[cfg(test)]
mod tests;
