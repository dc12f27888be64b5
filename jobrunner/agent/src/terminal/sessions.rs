//! All sessions of a machine, by name. A session is started by the first tab that attaches, and anew by the first one
//! that attaches after its program has ended.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::frames::{Attach, ToTab};
use super::random_id;
use super::session::{Program, Session};
use super::state::{State, TABS_MAX};
use super::tab::{Closing, TabId};
use crate::place::Place;
use crate::reaper::Reaper;

/// How many sessions a machine may have.
const SESSIONS_MAX: usize = 64;
/// How long tabs may take to hear that the machine stops, and programs to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a session runs, as the tab that attaches first says.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// The session's name: that of its app.
    pub(super) session: String,
    /// The folder to start in; home when it is not given.
    pub(super) cwd: Option<String>,
    /// The program and its arguments; the user's shell when empty.
    pub(super) argv: Vec<String>,
}

/// A tab's place in a session, given up when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) session: Arc<Session>,
    pub(super) tab: TabId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.session.edit(|state| state.detach(self.tab, Instant::now()));
    }
}

#[derive(Debug)]
struct Entry {
    session: Arc<Session>,
    running: JoinSet<()>,
}

/// The sessions.
#[derive(Debug)]
pub(crate) struct Terminals {
    reaper: Reaper,
    place: Place,
    entries: Mutex<HashMap<String, Entry>>,
    stopping: CancellationToken,
}

impl Terminals {
    /// No sessions yet.
    pub(crate) fn new(reaper: Reaper, place: Place) -> Self {
        Self { reaper, place, entries: Mutex::default(), stopping: CancellationToken::new() }
    }

    /// Whether a tab of this session can be taken in, as far as one can know before it attaches.
    pub(super) fn has_room(&self, session: &str) -> bool {
        let entries = self.entries.lock();
        match entries.get(session) {
            Some(entry) => entry.session.look(|state| state.open_tabs().count() < TABS_MAX),
            None => entries.values().filter(|entry| !entry.is_over()).count() < SESSIONS_MAX,
        }
    }

    /// Attaches a tab, starting the session when it does not run.
    pub(super) fn attach(&self, wanted: &Wanted, attach: &Attach) -> Result<(Seat, ToTab), Closing> {
        if self.stopping.is_cancelled() {
            return Err(Closing::Stopping);
        }
        let mut entries = self.entries.lock();
        let running =
            entries.get(&wanted.session).filter(|entry| entry.session.look(|state| state.ended.is_none()));
        let session = match running {
            Some(entry) => entry.session.clone(),
            None => self.start(&mut entries, wanted, attach)?,
        };
        let (tab, attached) = session.edit(|state| state.attach(attach, Instant::now()))?;
        Ok((Seat { session, tab }, attached))
    }

    fn start(
        &self,
        entries: &mut HashMap<String, Entry>,
        wanted: &Wanted,
        attach: &Attach,
    ) -> Result<Arc<Session>, Closing> {
        let earlier = entries.remove(&wanted.session);
        if entries.len() >= SESSIONS_MAX {
            entries.retain(|_, entry| !entry.is_over());
        }
        if entries.len() >= SESSIONS_MAX {
            return Err(Closing::Full);
        }
        let clients = earlier.map(|entry| entry.session.edit(|state| std::mem::take(&mut state.clients)));
        let incarnation = random_id().map_err(|_| Closing::Full)?;
        let state = State::new(incarnation, attach.size, clients.unwrap_or_default());
        let program = self.program(wanted, &state);
        let session = Session::new(state);
        let mut running = JoinSet::new();
        match program {
            Ok(program) => drop(running.spawn(session.clone().run(program, self.stopping.clone()))),
            Err(error) => session.fail(&error),
        }
        entries.insert(wanted.session.clone(), Entry { session: session.clone(), running });
        Ok(session)
    }

    fn program(&self, wanted: &Wanted, state: &State) -> io::Result<Program> {
        let shell = [shell()];
        let argv = if wanted.argv.is_empty() { &shell[..] } else { &wanted.argv };
        let command = self
            .place
            .command(argv, wanted.cwd.as_deref(), &std::collections::BTreeMap::new())
            .map_err(|problem| io::Error::new(io::ErrorKind::InvalidInput, problem.detail))?;
        Program::start(&self.reaper, command, state)
    }

    /// Ends all sessions: programs are hung up, tabs are told that the machine stops.
    pub(crate) async fn stop(&self) {
        self.stopping.cancel();
        let entries: Vec<Entry> = self.entries.lock().drain().map(|(_, entry)| entry).collect();
        for entry in &entries {
            entry.session.edit(|state| state.close_all(Closing::Stopping));
        }
        let deadline = Instant::now() + FAREWELL;
        for entry in &entries {
            let gone = entry.session.until(|state| state.tabs.is_empty().then_some(()));
            let _ = timeout_at(deadline, gone).await;
        }
        for mut entry in entries {
            let _ = timeout_at(deadline, entry.running.join_next()).await;
            entry.running.shutdown().await;
        }
    }
}

impl Entry {
    /// Its program has ended and nobody looks at what it left.
    fn is_over(&self) -> bool {
        self.session.look(|state| state.ended.is_some() && state.tabs.is_empty())
    }
}

fn shell() -> String {
    let known = std::env::var("SHELL").ok().filter(|shell| Path::new(shell).is_file());
    let usual = || if Path::new("/bin/bash").is_file() { "/bin/bash" } else { "/bin/sh" }.to_owned();
    known.unwrap_or_else(usual)
}
