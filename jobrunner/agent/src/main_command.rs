//! The machine's main command: started once, never restarted; its last lines and its end are kept to be asked for.

mod lines;
mod memory;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use parking_lot::Mutex;
use rustix::process::Signal;
use serde::Serialize;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::watch;

use crate::command::Group;
use crate::place::Place;
use crate::problem::{Answer, json};
use crate::reaper::{Ended, Reaper, Started};
use lines::LastLines;
use memory::Kills;

const READ_BYTES: usize = 8 * 1024;

/// What `GET /state` answers.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    /// True until the command has ended, and when there is none.
    pub(crate) running: bool,
    pub(crate) exit_code: Option<i32>,
    pub(crate) signal: Option<i32>,
    /// Whether the kernel ended it because the machine's memory was used up.
    pub(crate) out_of_memory: bool,
    /// What the command wrote last, both outputs in one order.
    pub(crate) last_lines: Vec<String>,
}

/// The main command, or that there is none.
#[derive(Debug)]
pub(crate) struct MainCommand {
    group: Option<Group>,
    lines: Arc<Mutex<LastLines>>,
    ended: watch::Receiver<Option<Ended>>,
    kills_before: Kills,
    /// Whether it was asked to end: what follows is no news about the command.
    is_asked: AtomicBool,
}

/// What has to run for as long as the machine lives: reads the command's output and waits for its end.
pub(crate) struct Watch {
    started: Started,
    output: pipe::Receiver,
    lines: Arc<Mutex<LastLines>>,
    tell: watch::Sender<Option<Ended>>,
}

impl MainCommand {
    /// A machine without a main command.
    pub(crate) fn none() -> Self {
        Self::new(None, Arc::default(), watch::channel(None).1)
    }

    /// Starts the command. When it can't be started, that is its end, so that it can be asked for.
    pub(crate) fn start(reaper: &Reaper, place: &Place, argv: &[String]) -> (Self, Option<Watch>) {
        match spawn(reaper, place, argv) {
            Ok((started, output)) => {
                let (tell, ended) = watch::channel(None);
                let lines = Arc::<Mutex<LastLines>>::default();
                let main = Self::new(Some(Group::of(started.pid)), lines.clone(), ended);
                (main, Some(Watch { started, output, lines, tell }))
            }
            Err(error) => (Self::stillborn(&error), None),
        }
    }

    fn stillborn(error: &io::Error) -> Self {
        let mut lines = LastLines::default();
        lines.push(format!("agent: cannot start the main command: {error}\n").as_bytes());
        let not_found = Ended { exit_code: Some(127), signal: None };
        Self::new(None, Arc::new(Mutex::new(lines)), watch::channel(Some(not_found)).1)
    }

    fn new(
        group: Option<Group>,
        lines: Arc<Mutex<LastLines>>,
        ended: watch::Receiver<Option<Ended>>,
    ) -> Self {
        Self { group, lines, ended, kills_before: Kills::now(), is_asked: AtomicBool::new(false) }
    }

    /// How it is.
    pub(crate) fn state(&self) -> State {
        // When the machine itself is ended, whoever ends it knows why.
        let ended = (*self.ended.borrow()).filter(|_| !self.is_asked.load(Ordering::Relaxed));
        let signal = ended.and_then(|ended| ended.signal);
        State {
            running: ended.is_none(),
            exit_code: ended.and_then(|ended| ended.exit_code),
            signal,
            out_of_memory: signal == Some(Signal::KILL.as_raw()) && self.kills_before.are_fewer_than_now(),
            last_lines: self.lines.lock().all(),
        }
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn terminate(&self) {
        let mut ended = self.ended.clone();
        if let Some(group) = self.group.as_ref().filter(|_| ended.borrow().is_none()) {
            self.is_asked.store(true, Ordering::Relaxed);
            group.signal(Signal::TERM);
            let _ = ended.wait_for(Option::is_some).await;
        }
    }
}

/// `GET /state`.
pub(crate) fn handle(main: &MainCommand) -> Answer {
    Ok(json(StatusCode::OK, &main.state()))
}

fn spawn(reaper: &Reaper, place: &Place, argv: &[String]) -> io::Result<(Started, pipe::Receiver)> {
    let (output, input) = io::pipe()?;
    let mut command = place
        .command(argv, None, &BTreeMap::new())
        .map_err(|problem| io::Error::new(io::ErrorKind::InvalidInput, problem.detail))?;
    command.stdin(std::process::Stdio::null()).stdout(input.try_clone()?).stderr(input);
    let started = Group::lead(&mut command, reaper)?;
    Ok((started, pipe::Receiver::from_owned_fd(output.into())?))
}

impl Drop for MainCommand {
    fn drop(&mut self) {
        // After its end the number of its group may have become somebody else's.
        if self.ended.borrow().is_some()
            && let Some(group) = &mut self.group
        {
            group.leave();
        }
    }
}

impl Watch {
    /// Runs until the command's output is closed, which may be long after its end.
    pub(crate) async fn run(self) {
        let Self { started, mut output, lines, tell } = self;
        let ended = tokio::select! {
            ended = started.ended => ended.unwrap_or_default(),
            never = read(&mut output, &lines) => match never {},
        };
        drain(&output, &lines);
        tell.send_replace(Some(ended));
        read(&mut output, &lines).await;
    }
}

/// Reads for ever: after the last writer has gone it waits without end.
async fn read(output: &mut pipe::Receiver, lines: &Mutex<LastLines>) -> Infallible {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match output.read(&mut buffer).await {
            Ok(0) | Err(_) => std::future::pending().await,
            Ok(read) => lines.lock().push(&buffer[..read]),
        }
    }
}

/// What the command wrote last lies in the pipe when its end is known; it is read before the end is told.
fn drain(output: &pipe::Receiver, lines: &Mutex<LastLines>) {
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(read @ 1..) = output.try_read(&mut buffer) {
        lines.lock().push(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests;
