//! The agent's life: lock, socket, main command, connections, and the stop on SIGTERM.

mod connections;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::getpid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::args::Options;
use crate::clock::Clock;
use crate::door::Agent;
use crate::exec::EXECS_MAX;
use crate::listen::Listener;
use crate::lock::{self, Lock};
use crate::log::Log;
use crate::main_command::{self, MainCommand};
use crate::place::Place;
use crate::reaper::{Reaper, Scope};
use crate::terminal::Terminals;
use crate::token::Verifier;

/// From SIGTERM to the end, whatever the main command does.
const STOP_MAX: Duration = Duration::from_secs(5);
const EXIT_LOCK_HELD: u8 = 75;

/// The agent could not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Lock(#[from] lock::Error),
    #[error("cannot listen on {0}: {1}")]
    Listen(String, io::Error),
    #[error("cannot open the log: {0}")]
    Log(io::Error),
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn serve(options: Options) -> ExitCode {
    let ran = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(run(options)));
    let Err(error) = ran else { return ExitCode::SUCCESS };
    eprintln!("agent: {error}");
    match error {
        Error::Lock(lock::Error::Held(_)) => ExitCode::from(EXIT_LOCK_HELD),
        _ => ExitCode::FAILURE,
    }
}

async fn run(options: Options) -> Result<(), Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let scope = adopt_orphans(!options.command.is_empty());
    let machine = Machine::start(options, scope).await?;
    let mut serving = std::pin::pin!(machine.run(stop.clone()));
    tokio::select! {
        ended = &mut serving => return ended,
        _ = terminate.recv() => (),
        _ = interrupt.recv() => (),
    }
    stop.cancel();
    serving.await
}

/// As process 1 the agent gets orphans from the kernel; beside a main command it asks for them.
fn adopt_orphans(has_command: bool) -> Scope {
    let own = getpid();
    let adopts =
        own.as_raw_pid() == 1 || (has_command && rustix::process::set_child_subreaper(Some(own)).is_ok());
    if adopts { Scope::Everyone } else { Scope::Own }
}

/// A machine that runs.
pub(crate) struct Machine {
    agent: Arc<Agent>,
    listener: Listener,
    log: Log,
    background: JoinSet<()>,
    main: Option<main_command::Watch>,
    _lock: Option<Lock>,
}

impl Machine {
    /// Takes the lock, binds the socket and starts the main command, in this order: a second agent for the same
    /// machine must fail before it touches anything.
    pub(crate) async fn start(options: Options, scope: Scope) -> Result<Self, Error> {
        let lock = match &options.lock {
            Some(path) => Some(Lock::take(path).await?),
            None => None,
        };
        let log = Log::open(options.log.as_deref()).map_err(Error::Log)?;
        let children = Reaper::listen()?;
        let listener = Listener::bind(&options.listen)
            .await
            .map_err(|error| Error::Listen(format!("{:?}", options.listen), error))?;
        let reaper = Reaper::new(scope);
        let place = Place { home: options.home, root: options.root };
        let (main, watch) = match options.command.as_slice() {
            [] => (MainCommand::none(), None),
            argv => MainCommand::start(&reaper, &place, argv),
        };
        let mut background = JoinSet::new();
        background.spawn(reaper.clone().run(children));
        let agent = Arc::new(Agent {
            verifier: Verifier::new(options.identity, options.keys, Clock::System),
            terminals: Terminals::new(reaper.clone(), place.clone()),
            place,
            reaper,
            main,
            execs: Arc::new(Semaphore::new(EXECS_MAX)),
            binding: tokio::sync::Mutex::default(),
        });
        Ok(Self { agent, listener, log, background, main: watch, _lock: lock })
    }

    /// Serves until `stop`, then ends the main command and the sessions, within five seconds.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        self.log.line("agent serves", &[("process.pid", getpid().as_raw_pid().into())]);
        if let Some(watch) = self.main.take() {
            self.background.spawn(watch.run());
        }
        let connections = connections::accept(&self.agent, &self.listener, &self.log, &stop).await;
        self.log.line("agent stops", &[]);
        let _ = timeout(STOP_MAX, self.end(connections)).await;
        Ok(())
    }

    async fn end(&self, mut connections: JoinSet<()>) {
        tokio::join!(self.agent.terminals.stop(), self.agent.main.terminate());
        connections.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
