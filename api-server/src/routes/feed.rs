//! The route table as handlers use it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::id::SandboxId;
use domain::provider::StoreEpoch;
use domain::route::Route;
use domain::token::Signer;
use parking_lot::RwLock;
use store::{Position, Store};
use tokio::sync::watch;

use super::table::{Delta, Table};
use crate::problem::Problem;

/// The route table, shared by all handlers and kept current by [`RouteFeed::run`].
#[derive(Debug)]
pub(crate) struct RouteFeed {
    pub(super) store: Store,
    pub(super) signer: Signer,
    /// What proxies and agents verify with: key id to public key.
    keys: BTreeMap<String, String>,
    /// `None` until everything was looked at once.
    pub(super) table: RwLock<Option<(StoreEpoch, Table)>>,
    /// Looks at the log that were begun, and under the lock the last one that was ended.
    begun: AtomicU64,
    ended: tokio::sync::Mutex<u64>,
    /// Raised whenever the table changed.
    pub(super) changed: watch::Sender<u64>,
}

impl RouteFeed {
    pub(crate) fn new(store: Store, signer: Signer, keys: BTreeMap<String, String>) -> Self {
        Self {
            store,
            signer,
            keys,
            table: RwLock::new(None),
            begun: AtomicU64::new(0),
            ended: tokio::sync::Mutex::new(0),
            changed: watch::Sender::new(0),
        }
    }

    /// The public keys of the region.
    pub(crate) fn keys(&self) -> &BTreeMap<String, String> {
        &self.keys
    }

    /// Folds in everything that was committed before this call. Callers at the same time share one look.
    pub(crate) async fn catch_up(&self) -> Result<(), Problem> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut ended = self.ended.lock().await;
        if *ended > asked {
            return Ok(());
        }
        let look = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.follow().await?;
        *ended = look;
        Ok(())
    }

    /// What changed after a position, and the position reached. `None` before the first look.
    pub(crate) fn since(&self, after: Option<&Position>) -> Option<(Position, Delta)> {
        let table = self.table.read();
        let (epoch, table) = table.as_ref()?;
        let known = after.filter(|after| after.epoch == *epoch && after.number <= table.number());
        let position = Position { epoch: epoch.clone(), number: table.number() };
        Some((position, table.since(known.map(|after| after.number))))
    }

    /// One sandbox's route.
    pub(crate) fn route(&self, id: &SandboxId) -> Option<Arc<Route>> {
        let table = self.table.read();
        let (_, table) = table.as_ref()?;
        table.row(id).map(|row| Arc::clone(&row.route))
    }

    /// Sees every change of the table that comes after this call.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
