//! Accepts clients, and lets them finish when the process stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use runtime::http::{Listener, bind};
use runtime::tls::Certificate;
use runtime::{BoxError, SharedRegistry, Stop};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::answers::Answers;
use super::connection;
use super::metrics::Metrics;
use super::options::Options;
use super::pull::Pull;
use super::shared::Shared;
use super::wire::Wire;
use crate::clock::SharedClock;

/// How long a client may take for the handshake of TLS.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// What the server needs of its process.
#[derive(Clone, Debug)]
pub struct Context {
    /// The mirror behind it.
    pub pull: Arc<dyn Pull>,
    /// For the `Date` of answers.
    pub clock: SharedClock,
    /// Where its metrics are registered.
    pub registry: SharedRegistry,
}

/// Why the pull API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be had.
    #[error("mirror.listen: {0}")]
    Listen(io::Error),
    /// The certificate or its key cannot be used.
    #[error("mirror.tls: {0}")]
    Tls(#[from] runtime::tls::Error),
}

/// The pull API on its address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    tls: Option<Certificate>,
    slots: Arc<Semaphore>,
    shared: Arc<Shared>,
}

impl Server {
    /// Takes the address and reads the certificate; clients wait until [`Server::run`].
    ///
    /// # Errors
    /// [`Error`], naming the field of the configuration.
    pub async fn bind(options: &Options, context: Context) -> Result<Self, Error> {
        let tls = options.tls.as_ref().map(Certificate::read).transpose()?;
        let listener = bind(options.listen).await.map_err(Error::Listen)?;
        let answers = Answers { pull: context.pull, default_registry: options.default_registry.clone() };
        let shared = Shared {
            answers,
            metrics: Metrics::new(&context.registry),
            clock: context.clock,
            process: runtime::backoff::os_random(),
            requests: AtomicU64::new(1),
        };
        let slots = Arc::new(Semaphore::new(options.connections_max));
        Ok(Self { listener, tls, slots, shared: Arc::new(shared) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The operating system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Bytes of blobs that were sent to clients since the start.
    #[must_use]
    pub fn client_bytes(&self) -> Counter<u64, AtomicU64> {
        self.shared.metrics.client_bytes()
    }

    /// Serves until the stop. Soft: accepts no more, finishes the answers under way, closes idle
    /// connections. Hard: drops what is left.
    ///
    /// # Errors
    /// None; the type fits [`runtime::Tasks::spawn`].
    pub async fn run(mut self, stop: Stop) -> Result<(), BoxError> {
        let mut connections = JoinSet::new();
        while let Some(Some((tcp, permit))) = stop.unless_soft(self.accept()).await {
            let (shared, tls, stop) = (self.shared.clone(), self.tls.clone(), stop.clone());
            connections.spawn(async move {
                let _permit = permit;
                if let Some(wire) = handshake(tcp, tls).await {
                    connection::serve(wire, &shared, &stop).await;
                }
            });
            while connections.try_join_next().is_some() {}
        }
        drop(self.listener);
        // A connection that panicked is its own loss; the panic hook has logged it.
        let all_closed = async { while connections.join_next().await.is_some() {} };
        let _hard = stop.unless_hard(all_closed).await;
        Ok(())
    }

    /// Takes a place first and a connection then. `None` never happens: nobody closes the semaphore.
    async fn accept(&mut self) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let permit = self.slots.clone().acquire_owned().await.ok()?;
        let (tcp, _peer) = Listener::accept(&mut self.listener).await;
        Some((tcp, permit))
    }
}

async fn handshake(tcp: TcpStream, tls: Option<Certificate>) -> Option<Wire> {
    let Some(tls) = tls else { return Some(Wire::Plain(tcp)) };
    match timeout(HANDSHAKE_WITHIN, tls.acceptor().accept(tcp)).await {
        Ok(Ok(stream)) => Some(Wire::Tls(Box::new(stream))),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a client's handshake failed");
            None
        }
        Err(_) => None,
    }
}
