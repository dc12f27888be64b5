//! Fetches one image of a wish, trying again while the fault may pass.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use parking_lot::Mutex;
use runtime::Backoff;

use super::job::{ImageProgress, Job, State};
use super::{DEFAULT_PLATFORM, Wish};
use crate::clock::SharedClock;
use crate::digest::Digest;
use crate::graph::DEPTH_MAX;
use crate::manifest::Link;
use crate::manifests::Answer;
use crate::mirror::Mirror;
use crate::name::{Image, Reference};
use crate::source::{Fault, Manifest};

/// Images of one job that are fetched at once; fills have a limit of their own.
const IMAGES_AT_ONCE: usize = 4;
/// Between attempts; about an hour in all.
const RETRY: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(120));
const ATTEMPTS_MAX: u32 = 36;

/// One image of a job while it is fetched.
#[derive(Clone)]
struct Task {
    mirror: Arc<Mirror>,
    job: Arc<Mutex<Job>>,
    index: usize,
    image: Image,
}

pub(super) async fn fulfil(mirror: Arc<Mirror>, clock: SharedClock, wish: Wish, job: Arc<Mutex<Job>>) {
    let Wish { images, platforms, .. } = wish;
    let tasks = images.into_iter().enumerate().map(|(index, image)| {
        let task = Task { mirror: mirror.clone(), job: job.clone(), index, image };
        let platforms = platforms.clone();
        async move { task.run(&platforms).await }
    });
    stream::iter(tasks).buffer_unordered(IMAGES_AT_ONCE).collect::<Vec<()>>().await;
    job.lock().ended_ms = Some(clock.now_ms());
}

impl Task {
    async fn run(&self, platforms: &[String]) {
        self.update(|image| image.state = State::Filling);
        match self.fetch(platforms).await {
            Ok(()) => self.update(|image| (image.state, image.error) = (State::Complete, None)),
            Err(reason) => {
                tracing::warn!(image = %self.image, error = %reason, "an image could not be warmed");
                self.update(|image| (image.state, image.error) = (State::Failed, Some(reason)));
            }
        }
    }

    fn update(&self, change: impl FnOnce(&mut ImageProgress)) {
        if let Some(image) = self.job.lock().images.get_mut(self.index) {
            change(image);
        }
    }

    async fn fetch(&self, platforms: &[String]) -> Result<(), String> {
        let root = self.manifest(&self.image.reference).await?;
        let mut blobs = BTreeMap::new();
        for manifest in self.images_of(root, platforms).await? {
            let links = manifest.links().map_err(|error| error.to_string())?;
            blobs.extend(links.blobs.into_iter().map(|link| (link.digest.clone(), link)));
        }
        self.update(|image| image.total_bytes = blobs.values().map(|link| link.size).sum());
        let blobs = blobs.into_values().map(|link| self.blob(link));
        let results: Vec<_> = stream::iter(blobs).buffer_unordered(usize::MAX).collect().await;
        results.into_iter().collect()
    }

    /// The image itself, or those of an index that fit the platforms.
    async fn images_of(&self, root: Manifest, platforms: &[String]) -> Result<Vec<Manifest>, String> {
        if !root.is_index() {
            return Ok(vec![root]);
        }
        let mut images = Vec::new();
        for wanted in wanted(platforms) {
            images.push(self.image_of(root.clone(), &wanted).await?);
        }
        Ok(images)
    }

    /// The image of an index for a platform; it may lie in an index within it.
    async fn image_of(&self, mut index: Manifest, wanted: &str) -> Result<Manifest, String> {
        for _ in 0..DEPTH_MAX {
            let children = index.links().map_err(|error| error.to_string())?.manifests;
            let child = children.iter().find(|child| fits(child.platform.as_deref(), wanted));
            let child = child.ok_or_else(|| format!("the image has no platform {wanted}"))?;
            index = self.manifest(&Reference::Digest(child.link.digest.clone())).await?;
            if !index.is_index() {
                return Ok(index);
            }
        }
        Err(format!("the image lies in more than {DEPTH_MAX} indexes, one within the other"))
    }

    async fn manifest(&self, reference: &Reference) -> Result<Manifest, String> {
        let answer = self.again(|| self.mirror.manifest(&self.image.name, reference, false)).await?;
        let Answer { descriptor, bytes, .. } = answer;
        Ok(Manifest { media_type: descriptor.media_type, digest: descriptor.digest, bytes })
    }

    async fn blob(&self, link: Link) -> Result<(), String> {
        let counted_bytes = AtomicU64::new(0);
        self.again(|| self.follow(&link.digest, &counted_bytes)).await
    }

    /// Waits until a blob is here, verified and durable. What an earlier attempt counted is not counted again.
    async fn follow(&self, digest: &Digest, counted_bytes: &AtomicU64) -> Result<(), Fault> {
        let mut blob = self.mirror.blob(&self.image.name, digest).await?;
        let mut end = 0;
        while end < blob.size() {
            end = blob.readable(end).await?;
            let before = counted_bytes.fetch_max(end, Ordering::Relaxed);
            self.update(|image| image.done_bytes += end.saturating_sub(before));
        }
        self.mirror.complete(&self.image.name, digest).await?;
        Ok(())
    }

    /// Tries again while the fault may pass, and tells of it meanwhile.
    async fn again<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, String>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let mut failures = 0;
        loop {
            match attempt().await {
                Ok(value) => return Ok(value),
                Err(fault) if fault.is_passing() && failures < ATTEMPTS_MAX => {
                    failures += 1;
                    self.update(|image| image.error = Some(fault.to_string()));
                    tokio::time::sleep(pause(&fault, failures)).await;
                }
                Err(fault) => return Err(fault.to_string()),
            }
        }
    }
}

fn pause(fault: &Fault, failures: u32) -> Duration {
    let told = if let Fault::Limited { retry_after, .. } = fault { *retry_after } else { None };
    told.unwrap_or_default().max(RETRY.delay(failures, runtime::backoff::os_random()))
}

fn wanted(platforms: &[String]) -> Vec<String> {
    if platforms.is_empty() { vec![DEFAULT_PLATFORM.to_owned()] } else { platforms.to_vec() }
}

/// `linux/arm64` is what `linux/arm64/v8` is called when nobody is strict.
fn fits(platform: Option<&str>, wanted: &str) -> bool {
    platform.is_some_and(|platform| {
        platform == wanted || platform.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
    })
}
