//! The pipes of a running command.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ChildStdin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Event, Output};

const READ_BYTES: usize = 16 * 1024;
/// A background process may hold a pipe open for ever; after the command's exit this much silence is its end.
const SILENCE_AFTER_EXIT: Duration = Duration::from_millis(200);

/// How much output may still be passed on.
#[derive(Debug)]
pub(super) struct Budget {
    left_bytes: AtomicUsize,
    exceeded: AtomicBool,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self { left_bytes: AtomicUsize::new(bytes), exceeded: AtomicBool::new(false) }
    }

    pub(super) fn was_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    fn take(&self, wanted: usize) -> usize {
        let left = self.left_bytes.load(Ordering::Relaxed);
        let granted = wanted.min(left);
        self.left_bytes.store(left - granted, Ordering::Relaxed);
        if granted < wanted {
            self.exceeded.store(true, Ordering::Relaxed);
        }
        granted
    }
}

/// Reads one pipe to its end.
#[derive(Debug)]
pub(super) struct Pump {
    pipe: Option<pipe::Receiver>,
    output: Output,
    budget: Arc<Budget>,
    exited: CancellationToken,
}

impl Pump {
    pub(super) fn new(
        pipe: Option<OwnedFd>,
        output: Output,
        budget: Arc<Budget>,
        exited: CancellationToken,
    ) -> io::Result<Self> {
        let pipe = pipe.map(pipe::Receiver::from_owned_fd).transpose()?;
        Ok(Self { pipe, output, budget, exited })
    }

    pub(super) async fn run(&mut self, tell: &mpsc::Sender<Event>) {
        let Some(pipe) = &mut self.pipe else { return };
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = tokio::select! {
                biased;
                read = pipe.read(&mut buffer) => read.unwrap_or(0),
                () = silence(&self.exited) => 0,
            };
            if read == 0 {
                return;
            }
            let granted = self.budget.take(read);
            if granted > 0 {
                let bytes = Bytes::copy_from_slice(&buffer[..granted]);
                let _ = tell.send(Event::Output(self.output, bytes)).await;
            }
        }
    }
}

async fn silence(exited: &CancellationToken) {
    exited.cancelled().await;
    tokio::time::sleep(SILENCE_AFTER_EXIT).await;
}

/// Writes a command's standard input and closes it; a command that doesn't read it is no error.
pub(super) async fn feed(stdin: Option<ChildStdin>, bytes: Vec<u8>) {
    let Some(stdin) = stdin else { return };
    if let Ok(mut pipe) = pipe::Sender::from_owned_fd(stdin.into()) {
        let _ = pipe.write_all(&bytes).await;
    }
}
