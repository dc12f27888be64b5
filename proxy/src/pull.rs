//! Asks for one route past the feed: when a machine refuses us, or for a sandbox that we haven't heard of.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::SandboxId;
use domain::route::Route;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, Semaphore};
use tokio::time::{Instant, timeout};

use crate::api::{Api, Error};
use crate::metrics::{Metrics, Pulled};
use crate::table::Table;

/// What was just asked is not asked again so soon, whatever the answer was.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Hosts can be made up; they must not become a flood of questions.
const PULLS_AT_ONCE_MAX: usize = 16;
/// How long one waits for its turn among all questions.
const TURN_WITHIN: Duration = Duration::from_secs(1);
/// Beyond this many sandboxes the old ones are forgotten.
const REMEMBERED_MAX: usize = 1024;

type Asked = Arc<Turn<Option<Instant>>>;

/// Pulls single routes: one question per sandbox at a time and per second.
#[derive(Debug)]
pub(crate) struct Pulls {
    api: Arc<Api>,
    table: Arc<Table>,
    metrics: Metrics,
    asked: Mutex<HashMap<SandboxId, Asked>>,
    at_once: Semaphore,
}

impl Pulls {
    pub(crate) fn new(api: Arc<Api>, table: Arc<Table>, metrics: Metrics) -> Self {
        let asked = Mutex::default();
        Self { api, table, metrics, asked, at_once: Semaphore::new(PULLS_AT_ONCE_MAX) }
    }

    /// The newest route that can be had; `None` when there is none or nobody to ask.
    pub(crate) async fn newest(&self, id: &SandboxId) -> Option<Arc<Route>> {
        let asked = self.turn_of(id);
        let mut last = asked.lock().await;
        let is_due = last.is_none_or(|last| last.elapsed() >= AGAIN_AFTER);
        // Whoever gets no turn is answered from the table.
        if is_due && let Ok(Ok(_turn)) = timeout(TURN_WITHIN, self.at_once.acquire()).await {
            self.ask(id).await;
            *last = Some(Instant::now());
        }
        self.table.get(id)
    }

    async fn ask(&self, id: &SandboxId) {
        match self.api.get::<Route>(&format!("/internal/routes/{id}")).await {
            Ok(route) if route.sandbox == *id => {
                self.metrics.pulled(Pulled::Route);
                self.table.offer(route);
            }
            Ok(_) => self.metrics.pulled(Pulled::Failed),
            Err(Error::Refused { .. }) => self.metrics.pulled(Pulled::Unknown),
            Err(error) => {
                self.metrics.pulled(Pulled::Failed);
                tracing::debug!(sandbox.id = %id, %error, "a route can't be pulled");
            }
        }
    }

    fn turn_of(&self, id: &SandboxId) -> Asked {
        let mut asked = self.asked.lock();
        if asked.len() >= REMEMBERED_MAX {
            asked.retain(|_, turn| turn.try_lock().is_err());
        }
        asked.entry(id.clone()).or_default().clone()
    }
}
