//! A draining accept loop, the same for every HTTP server of ours: bounded in connections, owned by a
//! `JoinSet`, obedient to the soft and the hard stop.

mod connection;
mod limits;
mod serve;

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

pub use axum::serve::Listener;
pub use connection::{Connection, Slot};
pub use limits::Limits;
pub use serve::{router, serve};

/// Connections that the kernel holds until they are accepted: a whole campus comes at once.
const BACKLOG: u32 = 4096;

/// Listens on `address`, or says which address it could not have. Accepted connections send small writes at
/// once (`TCP_NODELAY`, which Linux inherits from the listener), as a terminal's keystrokes need.
///
/// # Errors
/// The operating system's error, with the address in its text.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    listen(address)
        .map_err(|error| io::Error::new(error.kind(), format!("can't listen on {address}: {error}")))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the last connections of its predecessor.
    socket.set_reuseaddr(true)?;
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests;
