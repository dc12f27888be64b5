//! One command that runs to its end: fed, read, limited in time and output, and never left behind when nobody waits
//! for it any more.

mod group;
mod pump;

use std::io;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::reaper::{Ended, Reaper, Started};

pub(crate) use group::Group;
use pump::{Budget, Pump};

const EVENTS_QUEUED: usize = 16;
/// How long output may still be read after a command was killed at its deadline.
const AFTER_DEADLINE: Duration = Duration::from_secs(1);

/// Which of a command's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Output {
    Stdout,
    Stderr,
}

/// What a command may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// From its start; then its whole process group is killed.
    pub(crate) timeout: Duration,
    /// Of both outputs together; the rest is read and dropped.
    pub(crate) output_limit_bytes: usize,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// Its exit code or signal.
    pub(crate) ended: Ended,
    /// It was killed at its deadline.
    pub(crate) timed_out: bool,
    /// It wrote more than its limit.
    pub(crate) truncated: bool,
    /// From start to end.
    pub(crate) duration_ms: u64,
}

/// What happens while a command runs; `End` comes last.
#[derive(Debug)]
pub(crate) enum Event {
    Output(Output, Bytes),
    End(End),
}

/// A running command. Dropping it kills the command's process group.
#[derive(Debug)]
pub(crate) struct Execution {
    events: mpsc::Receiver<Event>,
    _engine: JoinSet<()>,
}

impl Execution {
    /// Starts `command` in a process group of its own and feeds it `stdin`.
    pub(crate) fn start(
        reaper: &Reaper,
        mut command: Command,
        stdin: Vec<u8>,
        limits: Limits,
    ) -> io::Result<Self> {
        let began = Instant::now();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Group::lead(&mut command, reaper)?;
        let (tell, events) = mpsc::channel(EVENTS_QUEUED);
        let running = Running::new(started, limits, began, tell)?;
        let mut engine = JoinSet::new();
        engine.spawn(running.run(stdin));
        Ok(Self { events, _engine: engine })
    }

    /// The next event; `None` after the end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Waits for the end: standard output, standard error, and how it ended.
    pub(crate) async fn collect(mut self) -> (Vec<u8>, Vec<u8>, End) {
        let (mut stdout, mut stderr, mut end) = (Vec::new(), Vec::new(), End::default());
        while let Some(event) = self.next().await {
            match event {
                Event::Output(Output::Stdout, bytes) => stdout.extend_from_slice(&bytes),
                Event::Output(Output::Stderr, bytes) => stderr.extend_from_slice(&bytes),
                Event::End(how) => end = how,
            }
        }
        (stdout, stderr, end)
    }
}

struct Running {
    group: Group,
    started: Started,
    pumps: [Pump; 2],
    budget: Arc<Budget>,
    exited: CancellationToken,
    began: Instant,
    deadline: Instant,
    tell: mpsc::Sender<Event>,
}

impl Running {
    fn new(
        mut started: Started,
        limits: Limits,
        began: Instant,
        tell: mpsc::Sender<Event>,
    ) -> io::Result<Self> {
        let group = Group::of(started.pid);
        let budget = Arc::new(Budget::new(limits.output_limit_bytes));
        let exited = CancellationToken::new();
        let pump = |pipe, output| Pump::new(pipe, output, budget.clone(), exited.clone());
        let pumps = [
            pump(started.child.stdout.take().map(Into::into), Output::Stdout)?,
            pump(started.child.stderr.take().map(Into::into), Output::Stderr)?,
        ];
        let deadline = began + limits.timeout;
        Ok(Self { group, started, pumps, budget, exited, began, deadline, tell })
    }

    async fn run(mut self, stdin: Vec<u8>) {
        let (ended, timed_out) = self.carry(stdin).await;
        self.group.leave();
        let duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let end = End { ended, timed_out, truncated: self.budget.was_exceeded(), duration_ms };
        let _ = self.tell.send(Event::End(end)).await;
    }

    /// Carries input and output until the command has ended and what it wrote was read.
    async fn carry(&mut self, stdin: Vec<u8>) -> (Ended, bool) {
        let Self { group, started, pumps: [stdout, stderr], exited, deadline, tell, .. } = self;
        let feed = pump::feed(started.child.stdin.take(), stdin);
        let mut pumping = pin!(async { tokio::join!(stdout.run(tell), stderr.run(tell)) });
        let mut ending = pin!(async {
            let mut ended = pin!(wait(started, group, *deadline));
            tokio::select! { end = &mut ended => end, () = feed => ended.await }
        });
        tokio::select! {
            biased;
            end = &mut ending => {
                exited.cancel();
                let last = (*deadline).max(Instant::now() + AFTER_DEADLINE);
                let _ = timeout_at(last, &mut pumping).await;
                end
            }
            _ = &mut pumping => ending.await,
        }
    }
}

async fn wait(started: &mut Started, group: &Group, deadline: Instant) -> (Ended, bool) {
    tokio::select! {
        biased;
        ended = &mut started.ended => return (ended.unwrap_or_default(), false),
        () = sleep_until(deadline) => group.kill(),
    }
    ((&mut started.ended).await.unwrap_or_default(), true)
}
