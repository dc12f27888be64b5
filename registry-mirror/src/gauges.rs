//! What fills, disk and bounds count, read when the metrics are asked for.

use std::sync::atomic::AtomicU64;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::gauge::ConstGauge;
use runtime::SharedRegistry;

use crate::fills::Fills;

/// Bytes of blobs that the pull API sent to clients.
pub(crate) type ClientBytes = Counter<u64, AtomicU64>;

/// Registers them.
pub(crate) fn register(registry: &SharedRegistry, fills: Fills, client_bytes: ClientBytes) {
    registry.with(|registry| registry.register_collector(Box::new(Gauges { fills, client_bytes })));
}

#[derive(Debug)]
struct Gauges {
    fills: Fills,
    client_bytes: ClientBytes,
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let counts = self.fills.counts();
        for (name, help, value) in [
            ("mirror_upstream_bytes", "Bytes of blobs that upstreams sent", counts.upstream_bytes),
            ("mirror_fills_begun", "Downloads of blobs that began", counts.begun),
            ("mirror_fills_sealed", "Downloads that ended with a verified blob", counts.sealed),
            ("mirror_fills_failed", "Downloads that no upstream could complete", counts.failed),
            ("mirror_fills_abandoned", "Downloads that nobody wanted any more", counts.abandoned),
            ("mirror_fills_resumed", "Times that a cut download went on", counts.resumed),
            ("mirror_fills_wrong", "Times that content did not fit its digest", counts.wrong),
        ] {
            counter(&mut encoder, (name, help), value)?;
        }
        self.encode_gauges(&mut encoder)
    }
}

impl Gauges {
    fn encode_gauges(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (counts, room) = (self.fills.counts(), &self.fills.bounds().room);
        let (load, usage) = (self.fills.bounds().flight.load(), room.usage());
        for (name, help, value) in [
            ("mirror_fills_in_flight", "Downloads that run now", counts.running as u64),
            ("mirror_flight_bytes", "Bytes still missing in running downloads", load.bytes),
            ("mirror_disk_sealed_bytes", "Bytes of verified blobs on disk", usage.sealed_bytes),
            ("mirror_disk_partial_bytes", "Full size of unfinished blobs", usage.partial_bytes),
            ("mirror_disk_quarantine_bytes", "Bytes kept aside as wrong", usage.quarantine_bytes),
            ("mirror_disk_catalog_bytes", "Bytes of what is known of images", usage.catalog_bytes),
            ("mirror_disk_budget_bytes", "The most that they may take", room.limits().disk_budget_bytes),
        ] {
            gauge(encoder, (name, help), as_float(value))?;
        }
        let help = "Bytes of blobs sent to clients for each byte from an upstream, since the start";
        gauge(encoder, ("mirror_stampede_ratio", help), self.ratio(counts.upstream_bytes))
    }

    fn ratio(&self, upstream_bytes: u64) -> f64 {
        stampede_ratio(self.client_bytes.get(), upstream_bytes)
    }
}

/// How much the mirror saved: bytes to clients for each byte from upstreams; 0 before the first.
pub(crate) fn stampede_ratio(client_bytes: u64, upstream_bytes: u64) -> f64 {
    if upstream_bytes == 0 { 0.0 } else { as_float(client_bytes) / as_float(upstream_bytes) }
}

/// Exact up to 8 PiB.
const fn as_float(bytes: u64) -> f64 {
    bytes as f64
}

fn counter(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    value: u64,
) -> Result<(), std::fmt::Error> {
    let metric = ConstCounter::new(value);
    let encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
    metric.encode(encoder)
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    value: f64,
) -> Result<(), std::fmt::Error> {
    let metric = ConstGauge::new(value);
    let encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
    metric.encode(encoder)
}
