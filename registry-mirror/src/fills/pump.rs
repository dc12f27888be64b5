//! From an upstream's body to the disk: receives while the disk writes, with a bounded buffer between.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::patience::PAUSE_MAX;
use super::writer::{PUBLISH_AFTER, Writer};
use super::{Core, local};
use crate::bounds::Share;
use crate::place;
use crate::source::{Body, Fault};

/// What may wait for the disk, in bytes; as much again is being written.
const PENDING_MAX_BYTES: usize = 512 * 1024;

/// How often a write is tried again on a full disk after space was freed.
const FULL_TRIES: u32 = 3;

/// Why a body brought no more.
#[derive(Debug)]
pub(super) enum Dry {
    /// The blob is complete, or the origin stopped before.
    Upstream(Option<Fault>),
    /// The disk does not take it. The writer is lost when its thread was.
    Place(Fault),
}

/// What has come and is not written.
struct Inbox {
    pending: VecDeque<Bytes>,
    bytes: usize,
    /// Bytes to leave out, because the origin began before the place where we stopped.
    skip: u64,
    /// Bytes to take.
    left: u64,
    ended: Option<Option<Fault>>,
}

type Writing = JoinHandle<(Writer, VecDeque<Bytes>, Result<(), place::Error>)>;

/// Writes what `body` brings, up to the size of the blob. `None` for the writer only after a lost thread.
pub(super) async fn pump(
    core: &Core,
    writer: Writer,
    body: Body,
    share: &mut Share,
    name: &str,
) -> (Option<Writer>, Dry) {
    let mut inbox = Inbox::new(&writer, &body);
    let (mut stream, mut idle, mut writing, mut tries) =
        (body.stream, Some(writer), None::<Writing>, FULL_TRIES);
    loop {
        if let Some(mut writer) = idle.take_if(|_| !inbox.pending.is_empty()) {
            let mut batch = inbox.batch();
            writing = Some(tokio::task::spawn_blocking(move || {
                let result = writer.append(&mut batch);
                (writer, batch, result)
            }));
        } else if let Some(fault) = inbox.ended.take_if(|_| idle.is_some()) {
            idle.iter_mut().for_each(Writer::publish);
            return (idle, Dry::Upstream(fault));
        }
        tokio::select! {
            next = timeout(PAUSE_MAX, stream.next()), if inbox.wants_more() => {
                let next = next.unwrap_or_else(|_| Some(Err(paused(name))));
                core.counters.upstream_bytes.fetch_add(length(next.as_ref()), Relaxed);
                inbox.take(next);
            }
            () = sleep(PUBLISH_AFTER), if idle.as_ref().is_some_and(Writer::has_unpublished) => {
                idle.iter_mut().for_each(Writer::publish);
            }
            done = wait(&mut writing) => {
                writing = None;
                let Ok((writer, rest, result)) = done else { return (None, Dry::Place(local(&place::Error::Lost))) };
                share.landed_up_to(writer.size - writer.written());
                if let Err(error) = result {
                    tries = tries.saturating_sub(1);
                    let missing = writer.size - writer.written();
                    if tries == 0 || !error.is_full() || core.bounds.room.free(missing).await == 0 {
                        return (Some(writer), Dry::Place(local(&error)));
                    }
                    inbox.put_back(rest);
                }
                idle = Some(writer);
            }
        }
    }
}

async fn wait(writing: &mut Option<Writing>) -> <Writing as Future>::Output {
    match writing {
        Some(writing) => writing.await,
        None => std::future::pending().await,
    }
}

fn length(chunk: Option<&Result<Bytes, Fault>>) -> u64 {
    chunk.and_then(|chunk| chunk.as_ref().ok()).map_or(0, |bytes| bytes.len() as u64)
}

impl Inbox {
    fn new(writer: &Writer, body: &Body) -> Self {
        let (skip, left) = (writer.written() - body.from, writer.size - writer.written());
        Self { pending: VecDeque::new(), bytes: 0, skip, left, ended: (left == 0).then_some(None) }
    }

    const fn wants_more(&self) -> bool {
        self.ended.is_none() && self.bytes < PENDING_MAX_BYTES
    }

    fn take(&mut self, next: Option<Result<Bytes, Fault>>) {
        match next {
            Some(Ok(bytes)) => self.push(bytes),
            Some(Err(fault)) => self.ended = Some(Some(fault)),
            None => self.ended = Some(None),
        }
    }

    /// Content beyond the blob's size is not taken; the digest judges the rest.
    fn push(&mut self, mut bytes: Bytes) {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip -= skipped as u64;
        let mut bytes = bytes.split_off(skipped);
        bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= bytes.len() as u64;
        self.bytes += bytes.len();
        if !bytes.is_empty() {
            self.pending.push_back(bytes);
        }
        if self.left == 0 {
            self.ended = Some(None);
        }
    }

    fn batch(&mut self) -> VecDeque<Bytes> {
        self.bytes = 0;
        std::mem::take(&mut self.pending)
    }

    fn put_back(&mut self, mut rest: VecDeque<Bytes>) {
        self.bytes += rest.iter().map(Bytes::len).sum::<usize>();
        rest.append(&mut self.pending);
        self.pending = rest;
    }
}

fn paused(name: &str) -> Fault {
    let reason = format!("it sent nothing for {} seconds", PAUSE_MAX.as_secs());
    Fault::Unavailable { source_name: name.to_owned(), reason }
}
