//! The ports, known before anything listens, because addresses that carry them are handed out.

use std::io;
use std::net::{SocketAddr, TcpListener};

use super::UpConfig;
use crate::Error;

/// Where the api-server and the proxy will listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) api: SocketAddr,
    pub(super) proxy: SocketAddr,
}

impl Ports {
    /// Checks that the configured ports are free, and finds free ones for 0.
    pub(super) fn take(config: &UpConfig) -> Result<Self, Error> {
        // Both are held until both are known, so that they differ.
        let api = TcpListener::bind(config.api.listen).map_err(in_use(config.api.listen, "--api-port"))?;
        let proxy =
            TcpListener::bind(config.proxy.listen).map_err(in_use(config.proxy.listen, "--proxy-port"))?;
        let address = |listener: &TcpListener| listener.local_addr().map_err(refused("port"));
        Ok(Self { api: address(&api)?, proxy: address(&proxy)? })
    }
}

fn in_use(address: SocketAddr, flag: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |error| match error.kind() {
        io::ErrorKind::AddrInUse => Error::Conflict(format!(
            "{address} is in use: stop what listens there, or choose another with {flag}"
        )),
        _ => Error::Failed(format!("{address}: {error}; choose another with {flag}")),
    }
}

/// A listener that could not be had.
pub(super) fn refused(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::Failed(format!("{what}: {error}"))
}
