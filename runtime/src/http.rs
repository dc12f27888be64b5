//! A draining accept loop, the same for every HTTP server of ours: bounded in connections, owned by a
//! `JoinSet`, obedient to the soft and the hard stop.

mod connection;
mod limits;
mod serve;

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

pub use axum::serve::Listener;
pub use connection::{Connection, Slot};
pub use limits::Limits;
pub use serve::{router, serve};

/// Listens on `address`, or says which address it could not have.
///
/// # Errors
/// The operating system's error, with the address in its text.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("can't listen on {address}: {error}"));
    TcpListener::bind(address).await.map_err(named)
}

#[cfg(test)]
mod tests;
