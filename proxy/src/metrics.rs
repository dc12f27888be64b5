//! What the proxy counts.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use runtime::SharedRegistry;

use crate::lease::Ending;

/// Around the 250 ms in which a connection must end.
const CUT_BUCKETS_S: [f64; 7] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0];

/// What became of a request for one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Pulled {
    Route,
    Unknown,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Class {
    Informational,
    Success,
    Redirection,
    ClientError,
    ServerError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Reason {
    Stopped,
    Revoked,
    Expired,
    Restarting,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByClass {
    class: Class,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    result: Pulled,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: Reason,
}

/// A problem's slug comes from the fixed list of `problem.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByType {
    r#type: &'static str,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The metrics of a proxy. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<ByClass, Counter>,
    problems: Family<ByType, Counter>,
    pulls: Family<ByResult, Counter>,
    endings: Family<ByReason, Counter>,
    sessions: Gauge,
    in_flight: Gauge,
    cut: Histogram,
}

impl Metrics {
    pub(crate) fn new(registry: &SharedRegistry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            problems: Family::default(),
            pulls: Family::default(),
            endings: Family::default(),
            sessions: Gauge::default(),
            in_flight: Gauge::default(),
            cut: Histogram::new(CUT_BUCKETS_S),
        };
        let Self { requests, problems, pulls, endings, sessions, in_flight, cut } = metrics.clone();
        registry.with(|registry| {
            registry.register("proxy_requests", "Requests answered, by class of status", requests);
            registry.register("proxy_problems", "Requests that this proxy itself said no to", problems);
            registry.register("proxy_route_pulls", "Routes asked for past the feed", pulls);
            registry.register("proxy_endings", "Live connections ended by this proxy", endings);
            registry.register("proxy_sessions", "Upgraded connections open now", sessions);
            registry.register(
                "proxy_requests_in_flight",
                "Requests that wait for the head of their answer",
                in_flight,
            );
            registry.register("proxy_cut_seconds", "From the wish to end a connection to its last byte", cut);
        });
        metrics
    }

    /// Counts a request as under way until the guard is dropped, by its answer or because its visitor left.
    pub(crate) fn request_begins(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    pub(crate) fn answered(&self, status: http::StatusCode) {
        let class = match status.as_u16() {
            0..200 => Class::Informational,
            200..300 => Class::Success,
            300..400 => Class::Redirection,
            400..500 => Class::ClientError,
            _ => Class::ServerError,
        };
        self.requests.get_or_create(&ByClass { class }).inc();
    }

    pub(crate) fn problem(&self, slug: &'static str) {
        self.problems.get_or_create(&ByType { r#type: slug }).inc();
    }

    pub(crate) fn pulled(&self, result: Pulled) {
        self.pulls.get_or_create(&ByResult { result }).inc();
    }

    pub(crate) fn ended(&self, ending: Ending, took: std::time::Duration) {
        let reason = match ending {
            Ending::Stopped => Reason::Stopped,
            Ending::Revoked => Reason::Revoked,
            Ending::Expired => Reason::Expired,
            Ending::Restarting => Reason::Restarting,
        };
        self.endings.get_or_create(&ByReason { reason }).inc();
        self.cut.observe(took.as_secs_f64());
    }

    pub(crate) fn session_begins(&self) {
        self.sessions.inc();
    }

    pub(crate) fn session_ends(&self) {
        self.sessions.dec();
    }
}
