//! Counters and durations of requests, by endpoint and class of status.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use runtime::SharedRegistry;

/// Upper bounds in seconds.
const BUCKETS_S: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0];

/// The metrics of one api-server.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<Labels, Counter>,
    seconds: Histogram,
    /// Open watches.
    pub(crate) watches: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    /// The endpoint's path as it stands in the router: a fixed set.
    endpoint: String,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Class {
    Success,
    Refused,
    Failed,
}

impl Metrics {
    pub(crate) fn register(registry: &SharedRegistry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            seconds: Histogram::new(BUCKETS_S),
            watches: Gauge::default(),
        };
        registry.with(|registry| {
            registry.register("api_requests", "Requests answered", metrics.requests.clone());
            registry.register(
                "api_request_seconds",
                "Time to the head of an answer",
                metrics.seconds.clone(),
            );
            registry.register("api_watches", "Open event watches", metrics.watches.clone());
        });
        metrics
    }

    /// One request was answered.
    pub(crate) fn answered(&self, endpoint: &str, status: http::StatusCode, took: Duration) {
        let class = match status.as_u16() {
            0..=399 => Class::Success,
            400..=499 => Class::Refused,
            _ => Class::Failed,
        };
        self.requests.get_or_create(&Labels { endpoint: endpoint.to_owned(), class }).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}
