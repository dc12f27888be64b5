//! How the pull API is served.

use std::net::SocketAddr;

use runtime::tls::CertificateFiles;

use crate::name::Registry;

/// How the pull API is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where nodes are awaited.
    pub listen: SocketAddr,
    /// With these, TLS; without, in the clear.
    pub tls: Option<CertificateFiles>,
    /// The registry of names that say none.
    pub default_registry: Registry,
    /// Connections at once; more wait in the kernel's queue.
    pub connections_max: usize,
}
