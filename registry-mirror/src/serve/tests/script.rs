//! A mirror that does what it is told.

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::blob::{self, Blob, How, Progress};
use crate::digest::{Algorithm, Digest};
use crate::manifests::{Age, Answer};
use crate::name::{ImageName, Reference, Registry};
use crate::serve::Pull;
use crate::source::{Descriptor, Fault, TagList, TagPage};

#[derive(Debug)]
struct Held {
    file: Arc<std::fs::File>,
    size: u64,
    how: How,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Default)]
struct State {
    manifests: HashMap<String, Answer>,
    blobs: HashMap<Digest, Held>,
    tags: TagList,
    referrers: Option<Bytes>,
    faults: VecDeque<Fault>,
    hangs: bool,
    asked: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Script {
    state: Mutex<State>,
    pub(super) was_asked: Notify,
}

impl Script {
    pub(super) fn has_manifest(&self, image: &str, bytes: &str, stale_for: Option<Age>) -> Digest {
        let digest = Digest::of(Algorithm::Sha256, bytes.as_bytes());
        let media_type = crate::manifest::OCI_MANIFEST.to_owned();
        let bytes = Bytes::copy_from_slice(bytes.as_bytes());
        let how = if stale_for.is_some() { How::Stale } else { How::Hit };
        let descriptor = Descriptor { media_type, digest: digest.clone(), size: bytes.len() as u64 };
        let answer = Answer { descriptor, bytes, how, stale_for };
        self.state.lock().manifests.insert(image.to_owned(), answer);
        digest
    }

    pub(super) fn has_blob(&self, bytes: &[u8]) -> Digest {
        let (digest, progress) = self.fills(bytes, 0);
        progress.send_replace(Progress::Sealed);
        self.state.lock().blobs.get_mut(&digest).unwrap().how = How::Hit;
        digest
    }

    /// A blob of which `readable` bytes are here so far.
    pub(super) fn fills(&self, bytes: &[u8], readable: u64) -> (Digest, watch::Sender<Progress>) {
        let digest = Digest::of(Algorithm::Sha256, bytes);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let (progress, _) = watch::channel(Progress::Filling(readable));
        let size = bytes.len() as u64;
        let held = Held { file: Arc::new(file), size, how: How::Lead, progress: progress.clone() };
        self.state.lock().blobs.insert(digest.clone(), held);
        (digest, progress)
    }

    pub(super) fn has_tags(&self, tags: &[&str], more: bool) {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        self.state.lock().tags = TagList { tags, more };
    }

    pub(super) fn has_referrers(&self, index: &str) {
        self.state.lock().referrers = Some(Bytes::copy_from_slice(index.as_bytes()));
    }

    /// The next questions end so, in this order.
    pub(super) fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().faults.extend(faults);
    }

    /// From now on nothing is answered.
    pub(super) fn hangs(&self) {
        self.state.lock().hangs = true;
    }

    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().asked)
    }

    async fn enter(&self, question: String) -> Result<(), Fault> {
        let (fault, hangs) = {
            let mut state = self.state.lock();
            state.asked.push(question);
            (state.faults.pop_front(), state.hangs)
        };
        self.was_asked.notify_one();
        if hangs {
            std::future::pending::<()>().await;
        }
        fault.map_or(Ok(()), Err)
    }
}

fn absent() -> Fault {
    Fault::Absent { source_name: "script".to_owned() }
}

#[async_trait]
impl Pull for Script {
    fn knows(&self, registry: &Registry) -> bool {
        matches!(registry.as_str(), "docker.io" | "ghcr.io")
    }

    async fn manifest(&self, image: &ImageName, reference: &Reference, head: bool) -> Result<Answer, Fault> {
        self.enter(format!("manifest {image} {reference} {head}")).await?;
        let mut answer = self.state.lock().manifests.get(&image.to_string()).cloned().ok_or_else(absent)?;
        if head {
            answer.bytes = Bytes::new();
        }
        Ok(answer)
    }

    async fn blob(&self, image: &ImageName, digest: &Digest) -> Result<Blob, Fault> {
        self.enter(format!("blob {image}")).await?;
        let state = self.state.lock();
        let held = state.blobs.get(digest).ok_or_else(absent)?;
        let progress = held.progress.subscribe();
        let bytes = blob::Bytes { file: held.file.clone(), progress, lease: Arc::new(()) };
        Ok(Blob::new(digest.clone(), held.size, held.how, bytes))
    }

    async fn blob_size(&self, image: &ImageName, digest: &Digest) -> Result<u64, Fault> {
        self.enter(format!("size {image}")).await?;
        self.state.lock().blobs.get(digest).map(|held| held.size).ok_or_else(absent)
    }

    async fn tags(&self, image: &ImageName, page: &TagPage) -> Result<TagList, Fault> {
        self.enter(format!("tags {image} {:?}", page.limit)).await?;
        Ok(self.state.lock().tags.clone())
    }

    async fn referrers(&self, image: &ImageName, _: &Digest) -> Result<Bytes, Fault> {
        self.enter(format!("referrers {image}")).await?;
        self.state.lock().referrers.clone().ok_or_else(absent)
    }
}
