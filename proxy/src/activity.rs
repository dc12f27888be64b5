//! Who is at work: counted here, reported to the api-server in spans that follow each other without a gap.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use domain::id::SandboxId;
use domain::time::{Clock, Timestamp};
use parking_lot::Mutex;
use runtime::Stop;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::api::{Api, Error};

const REPORT_EVERY: Duration = Duration::from_secs(10);

/// One sandbox's signs of life.
#[derive(Debug)]
pub(crate) struct Pulse {
    active_ms: AtomicI64,
    live: AtomicUsize,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { active_ms: AtomicI64::new(i64::MIN), live: AtomicUsize::new(0) }
    }
}

impl Pulse {
    /// Somebody did something now.
    pub(crate) fn beat(&self, now: Timestamp) {
        self.active_ms.fetch_max(now.ms(), Ordering::Relaxed);
    }

    /// Counts a live connection until it is dropped; `None` when there are `limit` already.
    pub(crate) fn connect(self: &Arc<Self>, limit: usize) -> Option<Live> {
        let taken = self.live.fetch_add(1, Ordering::Relaxed);
        let live = Live(self.clone());
        (taken < limit).then_some(live)
    }
}

/// A live connection to a sandbox.
#[derive(Debug)]
pub(crate) struct Live(Arc<Pulse>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The signs of life of all sandboxes, and how far they were reported.
#[derive(Debug)]
pub(crate) struct Activity {
    reporter: String,
    clock: Arc<dyn Clock>,
    pulses: Mutex<HashMap<SandboxId, Arc<Pulse>>>,
    /// Everything before was reported.
    from: Mutex<Timestamp>,
}

impl Activity {
    pub(crate) fn new(reporter: String, clock: Arc<dyn Clock>) -> Self {
        let from = Mutex::new(clock.now());
        Self { reporter, clock, pulses: Mutex::default(), from }
    }

    pub(crate) fn pulse(&self, id: &SandboxId) -> Arc<Pulse> {
        let mut pulses = self.pulses.lock();
        if let Some(pulse) = pulses.get(id) {
            return pulse.clone();
        }
        pulses.entry(id.clone()).or_default().clone()
    }

    /// Reports now and then until the stop.
    pub(crate) async fn run(&self, api: &Api, stop: &Stop) {
        let mut failing = false;
        while stop.unless_soft(sleep(REPORT_EVERY)).await.is_some() {
            let result = self.report(api).await;
            if let Err(error) = &result
                && !failing
            {
                tracing::warn!(%error, "activity can't be reported; it is told later");
            }
            failing = result.is_err();
        }
    }

    /// Reports everything since the last report that arrived.
    pub(crate) async fn report(&self, api: &Api) -> Result<(), Error> {
        let to = self.clock.now();
        let body = self.body(to);
        api.post::<Value>("/internal/activity", &body).await?;
        *self.from.lock() = to;
        self.forget_idle(to);
        Ok(())
    }

    fn body(&self, to: Timestamp) -> Value {
        let from = *self.from.lock();
        let (mut active, mut connected) = (Vec::new(), Vec::new());
        for (id, pulse) in self.pulses.lock().iter() {
            let at = Timestamp::from_ms(pulse.active_ms.load(Ordering::Relaxed));
            if at >= from {
                active.push(json!({ "sandbox": id, "at": at }));
            }
            if pulse.live.load(Ordering::Relaxed) > 0 {
                connected.push(id.clone());
            }
        }
        json!({ "reporter": self.reporter, "from": from, "to": to, "active": active, "connected": connected })
    }

    /// Forgets whom nobody holds and whose activity was told.
    fn forget_idle(&self, told: Timestamp) {
        let busy = |pulse: &Arc<Pulse>| {
            Arc::strong_count(pulse) > 1 || pulse.active_ms.load(Ordering::Relaxed) >= told.ms()
        };
        self.pulses.lock().retain(|_, pulse| busy(pulse));
    }
}

#[cfg(test)]
mod tests;
