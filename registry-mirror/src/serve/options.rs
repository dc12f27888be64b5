//! How the pull API is served.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::name::Registry;

/// How the pull API is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where nodes are awaited.
    pub listen: SocketAddr,
    /// With these, TLS; without, in the clear.
    pub tls: Option<TlsFiles>,
    /// The registry of names that say none.
    pub default_registry: Registry,
    /// Connections at once; more wait in the kernel's queue.
    pub connections_max: usize,
}

/// A certificate and its key, read again when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}
