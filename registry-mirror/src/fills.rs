//! Fills: how blobs come from upstreams into the place, each once however many ask for it.
//!
//! The first who asks for a blob begins its fill; everybody else joins, whatever repository they name. All
//! get the blob as soon as its size is known and read it from the file as it grows, so a slow reader costs
//! nothing and delays nobody. A fill belongs to [`Fills`], not to who began it.
//!
//! Two things have their place here and are not built: reads beyond the frontier (a [`fill::Fill`] would keep
//! several extents instead of one), and one owner per digest across replicas (another replica would be one
//! more [`Origin`]).

mod candidates;
mod counters;
mod fill;
mod memory;
mod patience;
mod pump;
mod run;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::task::JoinSet;

pub use counters::{Counters, Counts};
pub use patience::{HEADERS_WITHIN, KEEP_FROM_PERCENT, LINGER, PROGRESS_WITHIN};

use crate::blob::{Blob, Bytes, How, Progress};
use crate::bounds::Bounds;
use crate::digest::Digest;
use crate::name::Repository;
use crate::place::{self, Place};
use crate::source::{Fault, Source};
use fill::Fill;
use memory::Memory;

/// A repository of a source that should have a blob.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The upstream.
    pub source: Arc<dyn Source>,
    /// Where in it.
    pub repository: Repository,
}

/// All fills of a mirror. Cheap to clone; the fills end when the last clone is dropped, and what they had is
/// continued when somebody asks again.
#[derive(Clone, Debug)]
pub struct Fills(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    core: Arc<Core>,
    tasks: Mutex<JoinSet<()>>,
}

/// What a running fill needs; it must not own itself through the tasks.
#[derive(Debug)]
struct Core {
    place: Arc<dyn Place>,
    bounds: Bounds,
    running: Mutex<HashMap<Digest, Arc<Fill>>>,
    counters: Counters,
    memory: Memory,
}

impl Fills {
    /// No fills yet.
    #[must_use]
    pub fn new(place: Arc<dyn Place>, bounds: Bounds) -> Self {
        let (running, counters, memory) = (Mutex::default(), Counters::default(), Memory::new());
        let core = Arc::new(Core { place, bounds, running, counters, memory });
        Self(Arc::new(Shared { core, tasks: Mutex::default() }))
    }

    /// A blob: complete, or joining or leading its fill. Returns when its size is known, which is before its
    /// bytes are; `origins` are added to those that a running fill may use.
    ///
    /// # Errors
    /// Why no origin gave it, at the latest after [`HEADERS_WITHIN`].
    pub async fn blob(&self, digest: &Digest, origins: &[Origin]) -> Result<Blob, Fault> {
        // A blob that goes away between two looks is asked for again; it can't go on for ever.
        for _ in 0..3 {
            match self.look(digest, origins) {
                Found::Stored => {
                    if let Some(blob) = self.stored(digest).await {
                        return Ok(blob);
                    }
                }
                Found::Filling(fill, how) => {
                    if let Some(blob) = fill.blob(how).await? {
                        return Ok(blob);
                    }
                }
            }
        }
        Err(local(&place::Error::Vanished))
    }

    /// A blob that is complete here; never asks an upstream.
    pub async fn stored(&self, digest: &Digest) -> Option<Blob> {
        self.0.core.place.size(digest)?;
        let (place, key) = (Arc::clone(&self.0.core.place), digest.clone());
        let opened = tokio::task::spawn_blocking(move || place.open(&key)).await.ok()?;
        let sealed = opened
            .inspect_err(|error| tracing::warn!(blob.digest = %digest, %error, "a blob cannot be opened"))
            .ok()??;
        let progress = tokio::sync::watch::channel(Progress::Sealed).1;
        let bytes = Bytes { file: sealed.file, progress, lease: sealed.lease };
        Some(Blob::new(digest.clone(), sealed.size, How::Hit, bytes))
    }

    /// Fills a blob before anybody reads it, and goes on to the end without readers.
    pub fn ahead(&self, digest: &Digest, origins: &[Origin]) {
        if let Found::Filling(fill, _) = self.look(digest, origins) {
            fill.keep();
        }
    }

    /// Fills a blob and waits until it is complete here and durable; returns its size in bytes. The fill goes
    /// on when this is dropped.
    ///
    /// # Errors
    /// Why no origin gave it.
    pub async fn complete(&self, digest: &Digest, origins: &[Origin]) -> Result<u64, Fault> {
        match self.look(digest, origins) {
            Found::Stored => self.size_if_known(digest).ok_or_else(|| local(&place::Error::Vanished)),
            Found::Filling(fill, _) => {
                fill.keep();
                fill.ended().await
            }
        }
    }

    /// A blob's size in bytes, when it is here or on its way. In memory.
    #[must_use]
    pub fn size_if_known(&self, digest: &Digest) -> Option<u64> {
        let running = self.0.core.running.lock().get(digest).and_then(|fill| fill.size());
        running.or_else(|| self.0.core.place.size(digest)).or_else(|| self.0.core.place.unfinished(digest))
    }

    /// How many bytes of a blob are here: all of a complete one. In memory.
    #[must_use]
    pub fn present_bytes(&self, digest: &Digest) -> u64 {
        let running = self.0.core.running.lock().get(digest).map(|fill| fill.readable_bytes());
        running.unwrap_or_else(|| self.0.core.place.size(digest).unwrap_or(0))
    }

    /// What was counted since the start, and what is under way.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let running = self.0.core.running.lock();
        let readers = running.values().map(|fill| fill.readers()).sum();
        self.0.core.counters.counts(running.len(), readers)
    }

    /// The bounds that these fills keep.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.0.core.bounds
    }

    /// Where the bytes lie.
    #[must_use]
    pub fn place(&self) -> &Arc<dyn Place> {
        &self.0.core.place
    }

    /// Joins or begins the fill of a blob that is not here. One lock decides, so nobody fills twice.
    fn look(&self, digest: &Digest, origins: &[Origin]) -> Found {
        let mut running = self.0.core.running.lock();
        if let Some(fill) = running.get(digest) {
            fill.add_origins(origins);
            return Found::Filling(Arc::clone(fill), How::Join);
        }
        if self.0.core.place.size(digest).is_some() {
            return Found::Stored;
        }
        let fill = Arc::new(Fill::new(digest.clone(), origins));
        running.insert(digest.clone(), Arc::clone(&fill));
        let mut tasks = self.0.tasks.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(run::run(Arc::clone(&self.0.core), Arc::clone(&fill)));
        Found::Filling(fill, How::Lead)
    }
}

enum Found {
    Stored,
    Filling(Arc<Fill>, How),
}

/// What the place says, as a fault of ours.
fn local(error: &place::Error) -> Fault {
    Fault::Local { reason: error.to_string() }
}
