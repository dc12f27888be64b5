//! The course of one fill: find the size, take room, pour, judge; and again with others when content is wrong.

mod find;
mod judge;
mod prepare;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::counters::count;
use super::fill::{Attempt, Fill};
use super::patience::{PROGRESS_WITHIN, WRONG_MAX};
use super::pump::{Dry, pump};
use super::writer::Writer;
use super::{Core, local};
use crate::blob::Progress;
use crate::bounds::Share;
use crate::place;
use crate::source::{Body, Fault};

/// Runs a fill to its end.
pub(super) async fn run(core: Arc<Core>, fill: Arc<Fill>) {
    count(&core.counters.begun);
    let mut leave =
        Leave { core: Arc::clone(&core), fill: Arc::clone(&fill), outcome: Err(local(&place::Error::Lost)) };
    leave.outcome = tokio::select! {
        outcome = Run::new(&core, &fill).complete() => outcome,
        () = fill.unwanted() => {
            count(&core.counters.abandoned);
            Err(Fault::Local { reason: "nobody wanted the blob any more".to_owned() })
        }
    };
    if let Err(fault) = &leave.outcome {
        tracing::debug!(blob.digest = %fill.digest(), %fault, "a fill ended without its blob");
    }
}

/// Ends a fill, also when its task is aborted or panics.
struct Leave {
    core: Arc<Core>,
    fill: Arc<Fill>,
    outcome: Result<u64, Fault>,
}

impl Drop for Leave {
    fn drop(&mut self) {
        // Out of the way before anybody hears of the end: who asks again finds the place or a new fill.
        self.core.running.lock().remove(self.fill.digest());
        self.fill.end(self.outcome.clone());
    }
}

struct Run<'a> {
    core: &'a Core,
    fill: &'a Fill,
    /// When the last byte came, or the fill began.
    moved: Instant,
}

/// Why an attempt brought no blob.
enum Failed {
    /// The content was wrong; those to blame are marked.
    Wrong(Fault),
    Fault(Fault),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A blob's size, and perhaps the answer that said so.
struct Found {
    size: u64,
    answer: Option<(usize, Body)>,
}

/// A file that grows, and who gave to it.
struct Pouring {
    writer: Writer,
    share: Share,
    givers: BTreeSet<usize>,
    /// Whether it holds bytes of an earlier fill.
    inherited: bool,
}

impl<'a> Run<'a> {
    fn new(core: &'a Core, fill: &'a Fill) -> Self {
        Self { core, fill, moved: Instant::now() }
    }

    /// How long it may still go on without a new byte.
    fn patience(&self) -> Duration {
        PROGRESS_WITHIN.saturating_sub(self.moved.elapsed())
    }

    async fn complete(mut self) -> Result<u64, Fault> {
        let (memory, digest) = (&self.core.memory, self.fill.digest());
        let (mut last, mut was_wrong) = (None, false);
        for _ in 0..WRONG_MAX {
            match self.attempt().await {
                Ok(size) => {
                    count(&self.core.counters.sealed);
                    memory.trust(digest);
                    return Ok(size);
                }
                Err(Failed::Wrong(fault)) => (last, was_wrong) = (Some(fault), true),
                Err(Failed::Fault(fault)) => {
                    last = Some(fault);
                    break;
                }
            }
            self.fill.reopen();
        }
        if was_wrong {
            memory.suspect(digest);
        }
        count(&self.core.counters.failed);
        Err(last.unwrap_or_else(|| self.fill.candidates.last_fault()))
    }

    async fn attempt(&mut self) -> Result<u64, Failed> {
        self.recheck_room().await?;
        let Found { size, answer } = self.find().await?;
        self.check_room(size).await?;
        let partial = self.begin(size).await?;
        let writer = Writer::new(partial, self.fill.digest().clone(), size);
        // A node that had wrong bytes comes back to go on after them, and would never go elsewhere. So the next time
        // nobody hears of a byte, and none has headers, before all are verified.
        if !self.core.memory.is_suspect(self.fill.digest()) {
            self.fill.open(Attempt {
                size,
                file: writer.partial.file(),
                progress: writer.progress(),
                lease: writer.partial.lease(),
            });
        }
        let progress = writer.publisher();
        let result = self.fill_file(writer, answer).await;
        if let Err(Failed::Wrong(fault) | Failed::Fault(fault)) = &result {
            // What was verified stays right, even if the disk could not make it durable.
            progress.send_if_modified(|progress| {
                let filling = matches!(progress, Progress::Filling(_));
                if filling {
                    *progress = Progress::Broken(fault.clone());
                }
                filling
            });
        }
        result
    }

    async fn fill_file(&mut self, writer: Writer, answer: Option<(usize, Body)>) -> Result<u64, Failed> {
        let mut pouring = self.prepare(writer).await?;
        let mut answer = answer;
        while pouring.writer.written() < pouring.writer.size {
            let from = pouring.writer.written();
            let (index, body) = match answer.take() {
                Some(answer) => answer,
                None => self.ask(|origin| find::open(origin, self.fill, from)).await?,
            };
            pouring = self.pour(pouring, index, body).await?;
        }
        self.judge(pouring).await
    }

    async fn pour(&mut self, pouring: Pouring, index: usize, body: Body) -> Result<Pouring, Failed> {
        if body.size != pouring.writer.size {
            return Err(self.disagreed(pouring, index, body.size).await);
        }
        let (candidates, before) = (&self.fill.candidates, pouring.writer.written());
        if body.from != 0 && body.from != before {
            let reason = format!("it answered from byte {} instead of {before}", body.from);
            candidates.failed(index, Fault::Corrupt { source_name: candidates.name(index), reason });
            return Ok(pouring);
        }
        let Pouring { writer, mut share, mut givers, inherited } = pouring;
        let (writer, dry) = pump(self.core, writer, body, &mut share, &candidates.name(index)).await;
        let Some(writer) = writer else { return Err(Failed::Fault(local(&place::Error::Lost))) };
        let moved = writer.written() - before;
        if moved > 0 {
            self.moved = Instant::now();
            givers.insert(index);
        }
        match dry {
            Dry::Place(fault) => {
                // Its space is worth more to those that go on.
                blocking(move || writer.partial.discard()).await?;
                return Err(Failed::Fault(fault));
            }
            Dry::Upstream(fault) if writer.written() < writer.size => {
                count(&self.core.counters.resumed);
                let fault = fault.unwrap_or_else(|| ended_early(candidates.name(index)));
                candidates.stopped(index, moved, fault);
            }
            Dry::Upstream(_) => {}
        }
        Ok(Pouring { writer, share, givers, inherited })
    }
}

/// Runs what blocks elsewhere. Dropping this does not stop it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| local(&place::Error::Lost))
}

fn ended_early(source_name: String) -> Fault {
    Fault::Unavailable { source_name, reason: "it ended before the end of the blob".to_owned() }
}
