//! What is counted of the pulls.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use runtime::SharedRegistry;

use super::body::Cut;
use super::endpoint::Endpoint;
use super::status::Status;
use crate::blob::How;

/// Up to the moment when containerd gives up.
const HEAD_BUCKETS_S: [f64; 10] = [0.001, 0.005, 0.02, 0.07, 0.25, 1.0, 3.0, 10.0, 20.0, 30.0];

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Full,
    Partial,
    NotModified,
    Refused,
    Denied,
    NotFound,
    Unsatisfiable,
    UpstreamFailed,
    Unavailable,
    TooSlow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Met {
    Hit,
    Join,
    Lead,
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum By {
    Fill,
    Client,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    endpoint: Endpoint,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByMet {
    endpoint: Endpoint,
    how: Met,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCut {
    by: By,
}

/// A gauge that counts something until this is dropped.
#[derive(Debug)]
pub(super) struct Open(Gauge);

impl Open {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The metrics of the pull API. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    requests: Family<ByOutcome, Counter>,
    met: Family<ByMet, Counter>,
    cuts: Family<ByCut, Counter>,
    client_bytes: Counter,
    connections: Gauge,
    readers: Gauge,
    head: Histogram,
}

impl Metrics {
    pub(super) fn new(registry: &SharedRegistry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            met: Family::default(),
            cuts: Family::default(),
            client_bytes: Counter::default(),
            connections: Gauge::default(),
            readers: Gauge::default(),
            head: Histogram::new(HEAD_BUCKETS_S),
        };
        metrics.register(registry);
        metrics
    }

    fn register(&self, registry: &SharedRegistry) {
        let Self { requests, met, cuts, client_bytes, connections, readers, head } = self.clone();
        registry.with(|registry| {
            registry.register("mirror_requests", "Requests answered, by endpoint and outcome", requests);
            registry.register("mirror_content", "Answers with content, by how it was met", met);
            registry.register("mirror_bodies_cut", "Bodies that ended before their length", cuts);
            registry.register("mirror_client_bytes", "Bytes of blobs sent to clients", client_bytes);
            registry.register("mirror_connections", "Clients connected now", connections);
            registry.register("mirror_readers", "Blobs being sent now", readers);
            registry.register("mirror_head_seconds", "From a request to the head of its answer", head);
        });
    }

    pub(super) fn connection_begins(&self) -> Open {
        Open::new(&self.connections)
    }

    pub(super) fn reader_begins(&self) -> Open {
        Open::new(&self.readers)
    }

    pub(super) fn client_bytes(&self) -> Counter {
        self.client_bytes.clone()
    }

    pub(super) fn sent(&self, bytes: u64) {
        self.client_bytes.inc_by(bytes);
    }

    pub(super) fn answered(&self, endpoint: Endpoint, status: Status, took: Duration) {
        let outcome = outcome(status);
        self.requests.get_or_create(&ByOutcome { endpoint, outcome }).inc();
        self.head.observe(took.as_secs_f64());
    }

    pub(super) fn met(&self, endpoint: Endpoint, how: How) {
        let how = match how {
            How::Hit => Met::Hit,
            How::Join => Met::Join,
            How::Lead => Met::Lead,
            How::Stale => Met::Stale,
        };
        self.met.get_or_create(&ByMet { endpoint, how }).inc();
    }

    pub(super) fn cut(&self, cut: &Cut) {
        let by = match cut {
            Cut::Fill(_) => By::Fill,
            Cut::Client(_) => By::Client,
        };
        self.cuts.get_or_create(&ByCut { by }).inc();
    }
}

const fn outcome(status: Status) -> Outcome {
    match status {
        Status::Ok => Outcome::Full,
        Status::PartialContent => Outcome::Partial,
        Status::NotModified => Outcome::NotModified,
        Status::BadRequest | Status::MethodNotAllowed | Status::RequestTimeout | Status::HeadersTooLarge => {
            Outcome::Refused
        }
        Status::Forbidden => Outcome::Denied,
        Status::NotFound => Outcome::NotFound,
        Status::RangeNotSatisfiable => Outcome::Unsatisfiable,
        Status::BadGateway => Outcome::UpstreamFailed,
        Status::ServiceUnavailable => Outcome::Unavailable,
        Status::GatewayTimeout => Outcome::TooSlow,
    }
}
