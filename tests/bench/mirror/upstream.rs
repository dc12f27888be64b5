//! The registry that all pull from: it counts what it sends, and has one bandwidth for all connections.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use registry_mirror::testing::{FakeHub, FakeImage, HubOptions, ImageSpec, random_bytes};
use tokio::runtime::{Builder, Runtime};

use super::client::Pull;

/// All connections together.
const BYTES_PER_S: u64 = 200_000_000;
/// What it may send ahead after a pause, as time: walls that differ by less are equal.
pub(super) const BURST_S: f64 = 0.02;
const BLOB_BYTES: usize = 134_217_728;
/// Repositories that hold the blob.
pub(super) const REPOSITORIES: usize = 5;
/// From a large base to small ones on top.
const LAYERS_MIB: [usize; 12] = [48, 24, 16, 12, 8, 8, 4, 4, 2, 1, 1, 1];
const IMAGE: &str = "bench/image";
const TAG: &str = "1";
/// It counts as quiet when it has sent nothing for so long.
const QUIET: Duration = Duration::from_millis(300);
const QUIET_DEADLINE: Duration = Duration::from_secs(60);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// The upstream, on a thread of its own.
#[derive(Debug)]
pub(super) struct Upstream {
    hub: FakeHub,
    blobs: Vec<Pull>,
    manifest: Pull,
    layers: Vec<Pull>,
    runtime: Option<Runtime>,
}

impl Upstream {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let hub = runtime.spawn(FakeHub::start(HubOptions::default())).await??;
        hub.set_bandwidth(Some(BYTES_PER_S));
        let bytes = bytes::Bytes::from(random_bytes(1, BLOB_BYTES));
        let repositories = (1..=REPOSITORIES).map(|number| format!("bench/app-{number}"));
        let blobs = repositories.map(|repository| {
            let digest = hub.add_blob(&repository, bytes.clone());
            Pull { path: format!("/v2/{repository}/blobs/{digest}"), bytes: bytes.len() as u64 }
        });
        let blobs = blobs.collect();
        let image = FakeImage::new(&ImageSpec::new(2, &LAYERS_MIB.map(|mib| mib * 1024 * 1024)));
        hub.add(IMAGE, TAG, &image);
        let manifest =
            Pull { path: format!("/v2/{IMAGE}/manifests/{TAG}"), bytes: image.root.bytes.len() as u64 };
        let layers = image.blobs.iter().map(|(digest, bytes)| Pull {
            path: format!("/v2/{IMAGE}/blobs/{digest}"),
            bytes: bytes.len() as u64,
        });
        Ok(Self { hub, blobs, manifest, layers: layers.collect(), runtime: Some(runtime) })
    }

    pub(super) fn url(&self) -> String {
        self.hub.url()
    }

    /// The blob, once for each repository.
    pub(super) fn blobs(&self) -> &[Pull] {
        &self.blobs
    }

    pub(super) const fn manifest(&self) -> &Pull {
        &self.manifest
    }

    /// The image's layers and its configuration.
    pub(super) fn layers(&self) -> &[Pull] {
        &self.layers
    }

    /// Bytes of blobs that it has sent so far.
    pub(super) fn sent_bytes(&self) -> u64 {
        self.hub.counts().blob_bytes
    }

    /// Waits until nobody fetches anything any more.
    pub(super) async fn quiet(&self) -> anyhow::Result<()> {
        let (begun, mut moved, mut sent) = (Instant::now(), Instant::now(), self.sent_bytes());
        while moved.elapsed() < QUIET {
            tokio::time::sleep(LOOK_INTERVAL).await;
            if self.sent_bytes() > sent {
                (moved, sent) = (Instant::now(), self.sent_bytes());
            }
            (begun.elapsed() < QUIET_DEADLINE).then_some(()).context("the upstream goes on sending")?;
        }
        Ok(())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
