//! A command's process group, killed as a whole when it is dropped.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::reaper::{Reaper, Started};

/// The group that a started command leads.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Pid,
    left: bool,
}

impl Group {
    /// Starts `command` as the leader of a new group.
    pub(crate) fn lead(command: &mut Command, reaper: &Reaper) -> io::Result<Started> {
        command.process_group(0);
        reaper.spawn(command)
    }

    /// The group that `leader` leads.
    pub(crate) fn of(leader: Pid) -> Self {
        Self { leader, left: false }
    }

    /// Sends a signal to every process in it.
    pub(crate) fn signal(&self, signal: Signal) {
        let _ = kill_process_group(self.leader, signal);
    }

    /// Kills every process in it.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// The leader ended by itself: what it left running in the background may stay.
    pub(crate) fn leave(&mut self) {
        self.left = true;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.left {
            self.kill();
        }
    }
}
