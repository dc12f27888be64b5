//! Serving in a process of its own, so that a hook that starts the agent beside an image's own program can end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use crate::args::Listen;

/// How long the new process may take until it takes connections.
const STARTED_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Starts this program again with the same arguments but `--detach`, and waits until it takes connections.
pub(crate) fn detach(listen: &Listen) -> ExitCode {
    match start().and_then(|child| wait(child, listen)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agent: cannot start beside this process: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<Child> {
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    arguments.retain(|argument| argument != "--detach");
    Command::new("/proc/self/exe")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Signals that end the hook's group must not end it.
        .process_group(0)
        .spawn()
}

fn wait(mut child: Child, listen: &Listen) -> io::Result<()> {
    let looks = STARTED_WITHIN.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("it ended with {status}")));
        }
        if takes_connections(listen) {
            return Ok(());
        }
        thread::sleep(LOOK_EVERY);
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "it takes no connections"))
}

fn takes_connections(listen: &Listen) -> bool {
    match listen {
        Listen::Unix(path) => UnixStream::connect(path).is_ok(),
        Listen::Tcp(address) => TcpStream::connect_timeout(&reachable(*address), LOOK_EVERY * 5).is_ok(),
    }
}

/// An address for connecting to a socket that may listen on every address.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}
