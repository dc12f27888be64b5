mod abandon;
mod basics;
mod faults;
mod full;
mod random;
mod scripted;

use std::sync::Arc;

use crate::blob::Blob;
use crate::bounds::{Bounds, Evict, KeepAll, Limits};
use crate::digest::{Algorithm, Digest};
use crate::fills::{Fills, Origin};
use crate::place::crash::{CrashDisk, Plan};
use crate::place::{Disk, Folder, Place};
use crate::source::Fault;
use scripted::{Act, Scripted};

const MIB: usize = 1024 * 1024;

/// A mirror's bytes without a mirror: fills on a folder of their own.
struct World {
    fills: Fills,
    folder: Folder,
    _root: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self::with(Limits::default(), Arc::new(KeepAll), quick_disk())
    }

    fn with(limits: Limits, evict: Arc<dyn Evict>, disk: Arc<dyn Disk>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let (folder, _) = Folder::open_on(disk, root.path()).unwrap();
        let place: Arc<dyn Place> = Arc::new(folder.clone());
        let fills = Fills::new(Arc::clone(&place), Bounds::new(limits, place, evict));
        Self { fills, folder, _root: root }
    }

    async fn read(&self, content: &Content, origins: &[Origin]) -> Result<Vec<u8>, Fault> {
        let mut blob = self.fills.blob(&content.digest, origins).await?;
        read_from(&mut blob, 0).await
    }

    /// Waits until no fill runs.
    async fn quiet(&self) {
        while self.fills.counts().running > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

/// A disk that works, and that no test waits for.
fn quick_disk() -> Arc<dyn Disk> {
    Arc::new(CrashDisk::new(Plan::default()))
}

/// Bytes that nothing compresses, and their digest.
#[derive(Clone, Debug)]
struct Content {
    bytes: bytes::Bytes,
    digest: Digest,
}

impl Content {
    fn new(seed: u64, length: usize) -> Self {
        let mut random = Random(seed);
        let bytes: Vec<u8> = (0..length).map(|_| random.next().to_le_bytes()[3]).collect();
        Self { digest: Digest::of(Algorithm::Sha256, &bytes), bytes: bytes.into() }
    }
}

/// Everything from `from` on, as a server would send it.
async fn read_from(blob: &mut Blob, from: u64) -> Result<Vec<u8>, Fault> {
    let mut read = Vec::new();
    let mut at = from;
    while at < blob.size() {
        let end = blob.readable(at).await?;
        let mut buffer = vec![0; usize::try_from(end - at).unwrap()];
        let got = blob.read_at(&mut buffer, at).unwrap();
        assert!(got > 0, "what is readable can be read");
        read.extend_from_slice(&buffer[..got]);
        at += got as u64;
    }
    Ok(read)
}

/// A small generator, so that a seed is all there is to a failing case (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

fn origin(source: &Arc<Scripted>, repository: &str) -> Origin {
    let source: Arc<dyn crate::source::Source> = source.clone();
    Origin { source, repository: repository.parse().unwrap() }
}

fn origins(sources: &[&Arc<Scripted>]) -> Vec<Origin> {
    sources.iter().map(|source| origin(source, "team/app")).collect()
}
