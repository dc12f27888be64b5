//! The PTY that a session's program runs on, read and written without blocking the agent's only thread.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::termios::{InputModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

use super::size::Size;
use crate::reaper::{Reaper, Started};

/// The kernel does not always say that a full PTY has room again; after this it is simply tried.
const WRITE_RETRY: Duration = Duration::from_millis(50);

/// Our end of the PTY. Dropping it hangs the program up.
#[derive(Debug)]
pub(super) struct Pty(AsyncFd<OwnedFd>);

impl Pty {
    /// Starts `command` as the leader of a session of its own on a new PTY.
    pub(super) fn spawn(reaper: &Reaper, command: Command, size: Size) -> io::Result<(Self, Started)> {
        let (ours, theirs) = pty_process::blocking::open().map_err(io_error)?;
        let mut modes = tcgetattr(&theirs)?;
        modes.input_modes |= InputModes::IUTF8;
        tcsetattr(&theirs, OptionalActions::Now, &modes)?;
        let ours = OwnedFd::from(ours);
        fcntl_setfl(&ours, fcntl_getfl(&ours)? | OFlags::NONBLOCK)?;
        #[expect(deprecated, reason = "its successor is unsafe; an OwnedFd keeps what that one asks for")]
        let pty = Self(AsyncFd::new(ours)?);
        pty.resize(size)?;
        let child = pty_process::blocking::Command::from(command).spawn(theirs).map_err(io_error)?;
        Ok((pty, reaper.own(child)))
    }

    /// Sets the window's size; the program gets SIGWINCH when it is another one.
    pub(super) fn resize(&self, size: Size) -> io::Result<()> {
        let size = Winsize { ws_row: size.rows, ws_col: size.cols, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(tcsetwinsize(self.0.get_ref(), size)?)
    }

    /// What the program writes; 0 when nobody has the other end open any more.
    pub(super) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            match ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut *buffer)?)) {
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => return Ok(0),
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }

    /// Writes what there is room for.
    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            if let Ok(ready) = timeout(WRITE_RETRY, self.0.writable()).await {
                match ready?.try_io(|fd| Ok(rustix::io::write(fd.get_ref(), bytes)?)) {
                    Ok(Ok(0)) | Err(_) => {}
                    Ok(result) => return result,
                }
            }
            match rustix::io::write(self.0.get_ref(), bytes) {
                Ok(0) | Err(Errno::AGAIN | Errno::INTR) => tokio::task::yield_now().await,
                result => return Ok(result?),
            }
        }
    }
}

fn io_error(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
