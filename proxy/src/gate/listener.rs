//! Accepts connections and puts a gate before each.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use runtime::http::Listener;
use runtime::tls::{self, Certificate, TlsOptions, TlsStream};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;

use super::{Gate, HeadLimits, Verdict};

/// A laptop whose lid was closed says no goodbye; its sockets are found dead after about two minutes.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));

/// A connection, in the clear or with TLS.
pub(crate) type Wire = Either<TcpStream, TlsStream>;

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its address, as far as we see: a load balancer's when one stands before us.
    pub(crate) ip: IpAddr,
    /// Why a request of this connection was refused.
    pub(crate) verdict: Verdict,
}

/// A listener whose connections are judged.
#[derive(Debug)]
pub(crate) struct GateListener {
    inner: TcpListener,
    /// With it connections speak TLS.
    certificate: Option<Certificate>,
    limits: HeadLimits,
}

impl GateListener {
    pub(crate) fn new(inner: TcpListener, certificate: Option<Certificate>, limits: HeadLimits) -> Self {
        Self { inner, certificate, limits }
    }

    /// Reads the certificate and takes the address.
    pub(crate) async fn secure(options: &TlsOptions, limits: HeadLimits) -> Result<Self, tls::Error> {
        let certificate = Certificate::read(&options.files())?;
        Ok(Self::new(runtime::http::bind(options.listen).await?, Some(certificate), limits))
    }

    fn wire(&self, stream: TcpStream) -> Wire {
        match &self.certificate {
            Some(certificate) => Either::Right(TlsStream::new(stream, &certificate.acceptor())),
            None => Either::Left(stream),
        }
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl Listener for GateListener {
    type Io = Gate<Wire>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Peer) {
        let (stream, address) = Listener::accept(&mut self.inner).await;
        // A socket that takes no options still carries bytes.
        let _ = stream.set_nodelay(true);
        let _ = SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE);
        let peer = Peer { ip: address.ip(), verdict: Verdict::default() };
        (Gate::new(self.wire(stream), self.limits, peer.verdict.clone()), peer)
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { ip: self.inner.local_addr()?.ip(), verdict: Verdict::default() })
    }
}
