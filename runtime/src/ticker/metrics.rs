//! Duration, failures and last success of every component.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use crate::telemetry::{SharedRegistry, unix_now_s};

/// From a tick that finds nothing to one that waits for a slow provider.
const BUCKETS_S: [f64; 10] = [0.001, 0.005, 0.02, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0];

/// The label of a component's metrics.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    component: &'static str,
}

/// The metrics of all tickers of a process: make it once, clone it into each.
#[derive(Debug, Clone)]
pub struct TickMetrics {
    duration: Family<Labels, Histogram, fn() -> Histogram>,
    failures: Family<Labels, Counter>,
    last_success: Family<Labels, Gauge<f64, AtomicU64>>,
}

impl TickMetrics {
    /// Registers the metrics. Once a process: a second registration would show every line twice.
    #[must_use]
    pub fn new(registry: &SharedRegistry) -> Self {
        let metrics = Self::unregistered();
        registry.with(|registry| {
            let Self { duration, failures, last_success } = metrics.clone();
            registry.register("tick_duration_seconds", "How long ticks took, failed ones too", duration);
            registry.register("tick_failures", "Ticks that ended with an error", failures);
            registry.register(
                "tick_last_success_timestamp_seconds",
                "When a tick last succeeded, in seconds since the Unix epoch",
                last_success,
            );
        });
        metrics
    }

    /// Metrics that nobody reads, for tests.
    #[must_use]
    pub fn unregistered() -> Self {
        let new_histogram: fn() -> Histogram = || Histogram::new(BUCKETS_S);
        let duration = Family::new_with_constructor(new_histogram);
        Self { duration, failures: Family::default(), last_success: Family::default() }
    }

    pub(super) fn record(&self, component: &'static str, took: Duration, succeeded: bool) {
        let labels = Labels { component };
        self.duration.get_or_create(&labels).observe(took.as_secs_f64());
        let failures = self.failures.get_or_create(&labels);
        if succeeded {
            self.last_success.get_or_create(&labels).set(unix_now_s());
        } else {
            failures.inc();
        }
    }
}

#[cfg(test)]
impl TickMetrics {
    pub(super) fn failures_of(&self, component: &'static str) -> u64 {
        self.failures.get_or_create(&Labels { component }).get()
    }

    pub(super) fn last_success_of(&self, component: &'static str) -> f64 {
        self.last_success.get_or_create(&Labels { component }).get()
    }
}
