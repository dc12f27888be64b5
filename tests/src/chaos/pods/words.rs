//! Whether sandboxes that wait say why, all the time: which causes were said, and how long one waited without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::chaos::platform::{Platform, is_settled};

const LISTEN_INTERVAL: Duration = Duration::from_millis(250);

/// What was heard in a window.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// The causes that waiting sandboxes said.
    pub(super) causes: BTreeSet<String>,
    /// The longest time that one waited in one phase without a word.
    pub(super) silence: Duration,
    /// Who that was.
    pub(super) silent: String,
}

/// Hears what sandboxes say.
#[derive(Debug, Default)]
pub(super) struct Words(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    heard: Heard,
    /// Since when who says nothing, by id and phase.
    silent: BTreeMap<(String, String), Instant>,
}

impl Words {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything since the last time that this was asked; listening begins anew.
    pub(super) fn take(&self) -> Heard {
        std::mem::take(&mut *self.state()).heard
    }

    /// Whether a sandbox has said this.
    pub(super) fn has(&self, cause: &str) -> bool {
        self.state().heard.causes.contains(cause)
    }

    /// Listens until `stop`. An API that does not answer is others' to complain about.
    pub(super) async fn listen(self: Arc<Self>, platform: Arc<Platform>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Ok(sandboxes) = platform.list().await {
                self.state().hear(&sandboxes);
            }
            tokio::time::sleep(LISTEN_INTERVAL).await;
        }
    }
}

impl State {
    fn hear(&mut self, sandboxes: &[Value]) {
        let mut still_silent = BTreeMap::new();
        for sandbox in sandboxes.iter().filter(|sandbox| !is_settled(sandbox)) {
            if let Some(cause) = sandbox["cause"]["slug"].as_str() {
                self.heard.causes.insert(cause.to_owned());
                continue;
            }
            // Its place in the queue says why it waits.
            if !sandbox["queue"].is_null() {
                continue;
            }
            let [id, phase] = ["id", "phase"].map(|key| sandbox[key].as_str().unwrap_or_default().to_owned());
            let key = (id, phase);
            let since = self.silent.get(&key).copied().unwrap_or_else(Instant::now);
            if since.elapsed() > self.heard.silence {
                (self.heard.silence, self.heard.silent) = (since.elapsed(), format!("{} {}", key.1, key.0));
            }
            still_silent.insert(key, since);
        }
        self.silent = still_silent;
    }
}
