//! The one place that waits for children. The agent may be process 1, to which the kernel gives every orphan; were
//! others to wait for children too, they and the reaping of orphans would take each other's exit statuses.

use std::collections::HashMap;
use std::io;
use std::process::{Child, Command};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::{Pid, WaitOptions, WaitStatus, wait, waitpid};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// How a process ended: one of the two is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) exit_code: Option<i32>,
    /// The number of the signal that killed it.
    pub(crate) signal: Option<i32>,
}

impl From<WaitStatus> for Ended {
    fn from(status: WaitStatus) -> Self {
        Self { exit_code: status.exit_status(), signal: status.terminating_signal() }
    }
}

/// Whose exit statuses are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Only of children that were spawned here.
    Own,
    /// Of orphans as well: for process 1 and for a subreaper.
    Everyone,
}

/// Starts children and tells how they ended. Starting and registering happen without an await between them, on the
/// agent's only thread, so no sweep can come between.
#[derive(Clone, Debug)]
pub(crate) struct Reaper {
    scope: Scope,
    owned: Arc<Mutex<HashMap<Pid, oneshot::Sender<Ended>>>>,
}

/// A child that was started, with its pipes, and the news of its end.
#[derive(Debug)]
pub(crate) struct Started {
    /// The child; its pipes may be taken, it must not be waited for.
    pub(crate) child: Child,
    /// Its process id.
    pub(crate) pid: Pid,
    /// Comes when it has ended.
    pub(crate) ended: oneshot::Receiver<Ended>,
}

impl Reaper {
    /// A reaper without children.
    pub(crate) fn new(scope: Scope) -> Self {
        Self { scope, owned: Arc::default() }
    }

    /// Starts a command.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Started> {
        command.spawn().map(|child| self.own(child))
    }

    /// Takes over a child that was started just now.
    pub(crate) fn own(&self, child: Child) -> Started {
        let (tell, ended) = oneshot::channel();
        let pid = Pid::from_child(&child);
        self.owned.lock().insert(pid, tell);
        Started { child, pid, ended }
    }

    /// Listens for the ends of children; must be called before the first one is started.
    pub(crate) fn listen() -> io::Result<Signal> {
        signal(SignalKind::child())
    }

    /// Collects children until it is dropped.
    pub(crate) async fn run(self, mut children: Signal) {
        loop {
            self.sweep();
            if children.recv().await.is_none() {
                return;
            }
        }
    }

    fn sweep(&self) {
        match self.scope {
            Scope::Own => self.sweep_own(),
            Scope::Everyone => {
                while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
                    self.tell(pid, status);
                }
            }
        }
    }

    fn sweep_own(&self) {
        let pids: Vec<Pid> = self.owned.lock().keys().copied().collect();
        for pid in pids {
            if let Ok(Some((pid, status))) = waitpid(Some(pid), WaitOptions::NOHANG) {
                self.tell(pid, status);
            }
        }
    }

    fn tell(&self, pid: Pid, status: WaitStatus) {
        if let Some(tell) = self.owned.lock().remove(&pid) {
            let _ = tell.send(status.into());
        }
    }
}

#[cfg(test)]
mod tests;
