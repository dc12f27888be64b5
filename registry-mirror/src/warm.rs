//! Warming: images are fetched before anybody needs them, and pinned if asked.

mod image;
mod job;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use runtime::{BoxError, Stop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use job::{ImageProgress, Job, State};

use crate::catalog::{Catalog, Error, Pin};
use crate::clock::{Milliseconds, SharedClock};
use crate::mirror::Mirror;
use crate::name::Image;

/// Jobs that are remembered after they ended; the oldest go first.
const JOBS_MAX: usize = 1000;
/// Jobs that wait for a turn.
const QUEUE_MAX: usize = 1000;
/// Images of one job.
pub const IMAGES_MAX: usize = 500;
/// What is fetched when no platform is asked for.
pub const DEFAULT_PLATFORM: &str = "linux/amd64";

/// What is to be fetched.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The images.
    pub images: Vec<Image>,
    /// `os/architecture[/variant]`, of each image that has several.
    pub platforms: Vec<String>,
    /// Until when they are kept whatever happens; not pinned when absent.
    pub pin_until_ms: Option<Milliseconds>,
}

/// Why a wish was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Too many jobs wait.
    #[error("{QUEUE_MAX} warm jobs wait already: ask again when some have ended")]
    Busy,
    /// The pin could not be kept.
    #[error(transparent)]
    Catalog(#[from] Error),
}

/// Takes wishes and fulfils them, one component of the process.
#[derive(Debug)]
pub struct Warmer {
    mirror: Arc<Mirror>,
    catalog: Arc<Catalog>,
    clock: SharedClock,
    jobs: Mutex<BTreeMap<u64, Arc<Mutex<Job>>>>,
    queue: mpsc::Sender<(Wish, Arc<Mutex<Job>>)>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<(Wish, Arc<Mutex<Job>>)>>,
}

impl Warmer {
    /// Fetches through `mirror`, pins in `catalog`.
    #[must_use]
    pub fn new(mirror: Arc<Mirror>, catalog: Arc<Catalog>, clock: SharedClock) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let waiting = tokio::sync::Mutex::new(waiting);
        Self { mirror, catalog, clock, jobs: Mutex::default(), queue, waiting }
    }

    /// Takes a wish; the images are pinned when this returns, and fetched later.
    ///
    /// # Errors
    /// When too many wait, or the pins cannot be kept.
    pub fn begin(&self, wish: Wish) -> Result<Job, Refusal> {
        for (image, until_ms) in wish.images.iter().zip(std::iter::repeat(wish.pin_until_ms)) {
            if let Some(until_ms) = until_ms {
                self.catalog.pin(&Pin { image: image.clone(), until_ms })?;
            }
        }
        let job = self.remember(&wish);
        let told = job.lock().clone();
        self.queue.try_send((wish, job)).map_err(|_| Refusal::Busy)?;
        Ok(told)
    }

    fn remember(&self, wish: &Wish) -> Arc<Mutex<Job>> {
        let mut jobs = self.jobs.lock();
        let id = jobs.last_key_value().map_or(1, |(last, _)| last + 1);
        let job = Arc::new(Mutex::new(Job::new(id, wish, self.clock.now_ms())));
        jobs.insert(id, job.clone());
        while jobs.len() > JOBS_MAX {
            jobs.pop_first();
        }
        job
    }

    /// A job by its number.
    #[must_use]
    pub fn job(&self, id: u64) -> Option<Job> {
        self.jobs.lock().get(&id).map(|job| job.lock().clone())
    }

    /// All jobs that are remembered, the newest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.jobs.lock().values().rev().map(|job| job.lock().clone()).collect()
    }

    /// Ends a pin; whether there was one.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub fn unpin(&self, image: &Image) -> Result<bool, Error> {
        self.catalog.unpin(image)
    }

    /// Fulfils wishes until the process stops.
    ///
    /// # Errors
    /// None; the shape is that of every component.
    pub async fn run(self: Arc<Self>, stop: Stop) -> Result<(), BoxError> {
        let mut waiting = self.waiting.lock().await;
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.soft() => return Ok(()),
                Some(ended) = running.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(error = %error, "a warm job ended badly");
                    }
                }
                Some((wish, job)) = waiting.recv() => {
                    running.spawn(image::fulfil(self.mirror.clone(), self.clock.clone(), wish, job));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
