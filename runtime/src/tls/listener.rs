//! A listener whose connections speak TLS.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::{Certificate, Error, TlsOptions, TlsStream};
use crate::http::{Listener, bind};

/// A listener whose connections speak TLS. It accepts at once: handshakes belong to the connections.
#[derive(Debug)]
pub struct TlsListener {
    inner: TcpListener,
    certificate: Certificate,
}

impl TlsListener {
    /// Reads the certificate and takes the address.
    ///
    /// # Errors
    /// A certificate that cannot be used, or an address that is not to be had.
    pub async fn bind(options: &TlsOptions) -> Result<Self, Error> {
        let certificate = Certificate::read(&options.files())?;
        Ok(Self { inner: bind(options.listen).await?, certificate })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream, SocketAddr) {
        let (tcp, address) = Listener::accept(&mut self.inner).await;
        (TlsStream::new(tcp, &self.certificate.acceptor()), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}
