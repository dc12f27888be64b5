//! A session that runs: its state, and the task that carries bytes between the state and the PTY.

use std::convert::Infallible;
use std::io;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::Signal;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::pty::Pty;
use super::state::State;
use crate::command::Group;
use crate::reaper::{Ended, Reaper, Started};

const READ_BYTES: usize = 64 * 1024;
/// A background job may hold the PTY open for ever; after the program's exit this much silence is its end.
const SILENCE_AFTER_EXIT: Duration = Duration::from_millis(100);
/// How often stalled tabs are looked for while the program has to wait for them.
const STALL_CHECK: Duration = Duration::from_secs(1);
/// Between the two size changes of a redraw; a program that gets both at once might see none.
const NUDGE: Duration = Duration::from_millis(50);
const COMMAND_NOT_FOUND: Ended = Ended { exit_code: Some(127), signal: None };

/// A session, shared by its tabs and its task.
#[derive(Debug)]
pub(super) struct Session {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// The program of a session, on its PTY.
#[derive(Debug)]
pub(super) struct Program {
    pty: Pty,
    started: Started,
    group: Group,
}

impl Program {
    /// Starts it in the size that the state has.
    pub(super) fn start(reaper: &Reaper, command: Command, state: &State) -> io::Result<Self> {
        let (pty, started) = Pty::spawn(reaper, command, state.size)?;
        let group = Group::of(started.pid);
        Ok(Self { pty, started, group })
    }
}

impl Session {
    /// A session with this state.
    pub(super) fn new(state: State) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(state), changed: watch::Sender::new(()) })
    }

    /// Changes the state and wakes everybody who waits for it to change.
    pub(super) fn edit<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.state.lock());
        self.changed.send_replace(());
        result
    }

    /// Looks at the state.
    pub(super) fn look<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        read(&self.state.lock())
    }

    /// Waits until `take` gives something.
    pub(super) async fn until<R>(&self, mut take: impl FnMut(&mut State) -> Option<R>) -> R {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(result) = take(&mut self.state.lock()) {
                return result;
            }
            // It can't fail: the session that we borrow holds the sender.
            let _ = changed.changed().await;
        }
    }

    /// The program could not be started: a session that says why and has ended.
    pub(super) fn fail(&self, error: &io::Error) {
        self.edit(|state| {
            state.push(format!("agent: cannot start the program: {error}\r\n").as_bytes());
            state.end(COMMAND_NOT_FOUND);
        });
    }

    /// Runs until the program has ended and its output has been read; `hang_up` asks it to end.
    pub(super) async fn run(self: Arc<Self>, mut program: Program, hang_up: CancellationToken) {
        let Program { pty, started, group } = &mut program;
        let ended = tokio::select! {
            ended = self.read_to_end(pty, &mut started.ended) => ended,
            never = self.write(pty) => match never {},
            never = self.keep_size(pty) => match never {},
            never = forward(&hang_up, group) => match never {},
        };
        group.leave();
        self.edit(|state| state.end(ended));
    }

    async fn read_to_end(&self, pty: &Pty, ended: &mut oneshot::Receiver<Ended>) -> Ended {
        let exited = CancellationToken::new();
        let mut reading = std::pin::pin!(self.read(pty, &exited));
        let ended = tokio::select! {
            ended = &mut *ended => ended.unwrap_or_default(),
            () = &mut reading => return ended.await.unwrap_or_default(),
        };
        exited.cancel();
        reading.await;
        ended
    }

    async fn read(&self, pty: &Pty, exited: &CancellationToken) {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            self.until_may_read().await;
            let read = tokio::select! {
                biased;
                read = pty.read(&mut buffer) => read.unwrap_or(0),
                () = silence(exited) => 0,
            };
            if read == 0 {
                return;
            }
            self.edit(|state| state.push(&buffer[..read]));
            // A program that writes without end must not keep the agent's only thread.
            tokio::task::yield_now().await;
        }
    }

    async fn until_may_read(&self) {
        let mut changed = self.changed.subscribe();
        while !self.look(State::may_read) {
            let _ = timeout(STALL_CHECK, changed.changed()).await;
            if self.look(|state| state.has_stalled(Instant::now())) {
                self.edit(|state| state.close_stalled(Instant::now()));
            }
        }
    }

    async fn write(&self, pty: &Pty) -> Infallible {
        loop {
            let bytes = self.until(State::next_input).await;
            match pty.write(&bytes).await {
                Ok(written) => self.edit(|state| state.wrote(written)),
                // Nobody reads any more; the end of the program will be told.
                Err(_) => std::future::pending().await,
            }
        }
    }

    async fn keep_size(&self, pty: &Pty) -> Infallible {
        let mut in_force = self.look(|state| state.size);
        loop {
            let (size, redraw) = self.until(|state| state.size_to_apply(in_force)).await;
            if redraw && size == in_force {
                let _ = pty.resize(size.nudged());
                sleep(NUDGE).await;
            }
            let _ = pty.resize(size);
            in_force = size;
        }
    }
}

async fn silence(exited: &CancellationToken) {
    exited.cancelled().await;
    sleep(SILENCE_AFTER_EXIT).await;
}

async fn forward(hang_up: &CancellationToken, group: &Group) -> Infallible {
    hang_up.cancelled().await;
    group.signal(Signal::HUP);
    std::future::pending().await
}
