//! An upstream whose every answer is written down beforehand.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use parking_lot::Mutex;

use super::Content;
use crate::digest::Digest;
use crate::name::{Reference, Repository};
use crate::source::{Body, Descriptor, Fault, Manifest, Source, TagList, TagPage};

const CHUNK: usize = 8 * 1024;

/// What one request for a blob meets; without any left, all of the bytes.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Everything from where it was asked for.
    All,
    /// So many bytes, then a fault.
    Cut(usize),
    /// So many bytes, then a clean end.
    Short(usize),
    /// A fault instead of an answer.
    Refuse(Fault),
    /// No answer at all.
    Hang,
    /// So many bytes, then nothing any more.
    Stall(usize),
    /// All, but from the start whatever was asked for.
    IgnoreRange,
    /// All, with one byte changed.
    Flip(usize),
    /// Another length in the headers.
    Length(u64),
    /// Bytes from somewhere else than was asked for.
    WrongPlace,
    /// A bug of ours.
    Panic,
    /// All, when the gate opens.
    Gate(Arc<tokio::sync::Semaphore>),
}

#[derive(Debug)]
pub(super) struct Scripted {
    name: String,
    content: Content,
    acts: Mutex<VecDeque<Act>>,
    default: Act,
    /// Bytes sent.
    pub(super) sent: Arc<AtomicU64>,
    /// Requests for a blob.
    pub(super) asked: AtomicU64,
    /// Requests for a size.
    pub(super) sized: AtomicU64,
}

impl Scripted {
    pub(super) fn new(name: &str, content: &Content, acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Self::always(name, content, acts, Act::All)
    }

    /// After `acts`, `default` for ever.
    pub(super) fn always(
        name: &str,
        content: &Content,
        acts: impl IntoIterator<Item = Act>,
        default: Act,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            content: content.clone(),
            acts: Mutex::new(acts.into_iter().collect()),
            default,
            sent: Arc::default(),
            asked: AtomicU64::new(0),
            sized: AtomicU64::new(0),
        })
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(SeqCst)
    }

    pub(super) fn asked(&self) -> u64 {
        self.asked.load(SeqCst)
    }

    pub(super) fn unavailable(&self) -> Fault {
        Fault::Unavailable { source_name: self.name.clone(), reason: "as written".to_owned() }
    }

    fn chunks(&self, bytes: &Bytes) -> Vec<Result<Bytes, Fault>> {
        bytes.chunks(CHUNK).map(|chunk| Ok(bytes.slice_ref(chunk))).collect()
    }

    fn body(&self, from: usize, bytes: &Bytes, end: End) -> Body {
        let mut items = self.chunks(bytes);
        if let End::Fault = end {
            items.push(Err(self.unavailable()));
        }
        let sent = Arc::clone(&self.sent);
        let items = stream::iter(items).then(move |item| {
            let sent = Arc::clone(&sent);
            async move {
                sent.fetch_add(item.as_ref().map_or(0, |bytes| bytes.len() as u64), SeqCst);
                tokio::task::yield_now().await;
                item
            }
        });
        let stream = match end {
            End::Silence => items.chain(stream::pending()).boxed(),
            End::Clean | End::Fault => items.boxed(),
        };
        Body { size: self.content.bytes.len() as u64, from: from as u64, stream }
    }
}

enum End {
    Clean,
    Fault,
    Silence,
}

#[async_trait]
impl Source for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    async fn blob(&self, _: &Repository, digest: &Digest, from: u64) -> Result<Body, Fault> {
        assert_eq!(*digest, self.content.digest);
        self.asked.fetch_add(1, SeqCst);
        let act = self.acts.lock().pop_front().unwrap_or_else(|| self.default.clone());
        let from = usize::try_from(from).unwrap();
        let all = self.content.bytes.slice(from.min(self.content.bytes.len())..);
        let first = |count: usize| all.slice(..count.min(all.len()));
        Ok(match act {
            Act::All => self.body(from, &all, End::Clean),
            Act::Cut(count) => self.body(from, &first(count), End::Fault),
            Act::Short(count) => self.body(from, &first(count), End::Clean),
            Act::Stall(count) => self.body(from, &first(count), End::Silence),
            Act::Refuse(fault) => return Err(fault),
            Act::Panic => panic!("as written"),
            Act::Hang => return std::future::pending().await,
            Act::IgnoreRange => self.body(0, &self.content.bytes, End::Clean),
            Act::Flip(at) => {
                let mut wrong = all.to_vec();
                if let Some(byte) = wrong.get_mut(at) {
                    *byte ^= 1;
                }
                self.body(from, &wrong.into(), End::Clean)
            }
            Act::Length(size) => Body { size, ..self.body(from, &all, End::Clean) },
            Act::WrongPlace => Body { from: from as u64 + 1, ..self.body(from, &all, End::Clean) },
            Act::Gate(gate) => {
                let opened = Arc::clone(&gate);
                let wait = stream::once(async move {
                    opened.acquire().await.unwrap().forget();
                    Ok(Bytes::new())
                });
                let body = self.body(from, &all, End::Clean);
                Body { stream: wait.chain(body.stream).boxed(), ..body }
            }
        })
    }

    async fn blob_size(&self, _: &Repository, _: &Digest) -> Result<u64, Fault> {
        self.sized.fetch_add(1, SeqCst);
        Ok(self.content.bytes.len() as u64)
    }

    async fn head(&self, _: &Repository, _: &Reference) -> Result<Descriptor, Fault> {
        Err(self.unavailable())
    }

    async fn manifest(&self, _: &Repository, _: &Reference) -> Result<Manifest, Fault> {
        Err(self.unavailable())
    }

    async fn tags(&self, _: &Repository, _: &TagPage) -> Result<TagList, Fault> {
        Err(self.unavailable())
    }

    async fn referrers(&self, _: &Repository, _: &Digest) -> Result<Bytes, Fault> {
        Err(self.unavailable())
    }
}

pub(super) fn limited(after: Option<Duration>) -> Fault {
    Fault::Limited { source_name: "hub".to_owned(), retry_after: after }
}

pub(super) fn absent() -> Fault {
    Fault::Absent { source_name: "hub".to_owned() }
}

pub(super) fn denied() -> Fault {
    Fault::Denied { source_name: "hub".to_owned(), reason: "as written".to_owned() }
}
