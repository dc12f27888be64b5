//! Processes of this computer, named so that a number which was given again is never taken for the old one.

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::files;

const STATE_FIELD: usize = 0;
const STARTED_FIELD: usize = 19;

/// A process: its number and when it was started, in the kernel's ticks since boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pid: Pid,
    started: u64,
}

impl Process {
    /// The process of a line of `/proc/PID/stat`; none of a line that is not whole.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        Self::parse_with_state(line).map(|(process, _)| process)
    }

    fn parse_with_state(line: &str) -> Option<(Self, char)> {
        let (pid, _) = line.split_once(' ')?;
        // The name in parentheses may itself contain parentheses and spaces.
        let (_, after_name) = line.rsplit_once(") ")?;
        let fields: Vec<_> = after_name.split(' ').collect();
        let process = Self {
            pid: Pid::from_raw(pid.parse().ok()?)?,
            started: fields.get(STARTED_FIELD)?.parse().ok()?,
        };
        Some((process, fields.get(STATE_FIELD)?.chars().next()?))
    }

    /// The process with this number now; none when there is none or it has ended.
    pub(crate) fn at(pid: i32) -> io::Result<Option<Self>> {
        let path = format!("/proc/{pid}/stat");
        let line = match files::found(fs::read_to_string(path)) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => None,
            other => other?,
        };
        let read = line.as_deref().and_then(Self::parse_with_state);
        Ok(read.filter(|(_, state)| !matches!(state, 'Z' | 'X')).map(|(process, _)| process))
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(self) -> io::Result<bool> {
        Ok(Self::at(self.pid.as_raw_nonzero().get())? == Some(self))
    }

    /// Ends it at once. One that has ended is no error; another one with its number is not hit.
    pub(crate) fn kill(self) -> io::Result<()> {
        let ended = |errno: rustix::io::Errno| {
            if errno == rustix::io::Errno::SRCH { Ok(()) } else { Err(errno.into()) }
        };
        let handle = match pidfd_open(self.pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(errno) => return ended(errno),
        };
        // The handle is of whoever has the number now: only when that is this process, it is hit.
        if !self.is_alive()? {
            return Ok(());
        }
        pidfd_send_signal(handle, Signal::KILL).or_else(ended)
    }
}

/// The arguments of a process, for recognising it; none when it is gone or ending.
pub(crate) fn arguments(pid: i32) -> Vec<String> {
    let bytes = fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).unwrap_or_default();
    let words = bytes.split(|byte| *byte == 0).filter(|_| !bytes.is_empty());
    words.map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_alone_is_not_a_process() {
        let own = i32::try_from(std::process::id()).unwrap();
        let process = Process::at(own).unwrap().unwrap();
        assert!(process.is_alive().unwrap());
        let other = Process { started: process.started + 1, ..process };
        assert!(!other.is_alive().unwrap());
        other.kill().unwrap();
    }

    #[test]
    fn names_may_look_like_fields() {
        let line = "7 (a) S 1) R 1 7 7 0 -1 4194304 79 0 0 0 0 0 0 0 20 0 1 0 210205 2654208 400";
        assert_eq!(Process::parse(line).unwrap().started, 210_205);
        assert_eq!(Process::parse("7 (sh) R 1"), None);
    }
}
