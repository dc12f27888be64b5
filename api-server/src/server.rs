//! One api-server: bound first, so that whoever starts it knows its address, then run.

use std::net::SocketAddr;

use domain::secret::Secrets;
use runtime::http::Limits;
use runtime::tls::TlsListener;
use runtime::{BoxError, Stop};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::config::Config;
use crate::context::{Api, Context};
use crate::limits::{PING_INTERVAL, PING_TIMEOUT};
use crate::{Error, router};

/// The readiness check of the store.
pub(crate) const STORE: &str = "store";

/// An api-server that listens.
#[derive(Debug)]
pub struct Server {
    api: Api,
    listener: TcpListener,
    tls: Option<TlsListener>,
    address: SocketAddr,
}

impl Server {
    /// Checks the configuration and listens; requests wait until [`Server::run`].
    ///
    /// # Errors
    /// A field that doesn't fit, a missing secret, or an address that is not to be had.
    pub async fn bind(config: Config, secrets: &Secrets, context: Context) -> Result<Self, Error> {
        let (listen, tls) = (config.listen, config.tls.clone());
        let api = Api::new(config, secrets, context)?;
        api.readiness.announce(&[STORE, "routes"]);
        let listener = runtime::http::bind(listen).await?;
        let address = listener.local_addr()?;
        let tls = match &tls {
            Some(options) => Some(TlsListener::bind(options).await?),
            None => None,
        };
        Ok(Self { api, listener, tls, address })
    }

    /// Where it listens; the real port when the configured one was 0.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the stop of its context.
    ///
    /// # Errors
    /// A part of it that ended too early.
    pub async fn run(self) -> Result<(), BoxError> {
        let stop = self.api.stop.clone();
        // The limit of a head is also that of an idle connection: shorter ones would cut clients' pools.
        let limits = Limits::default();
        let service = || runtime::http::router(router::router(self.api.clone()));
        let mut parts = JoinSet::new();
        parts.spawn(runtime::http::serve(self.listener, service(), limits, stop.clone()));
        if let Some(listener) = self.tls {
            parts.spawn(runtime::http::serve(listener, service(), limits, stop.clone()));
        }
        let api = self.api.clone();
        parts.spawn(async move { api.routes.run(&api.stop, &api.readiness).await });
        parts.spawn(ping(self.api, stop));
        while let Some(ended) = parts.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// Keeps the readiness check `store` true to the store. While it fails, only a write that succeeds makes it pass: a
/// database that is full or locked still reads well.
async fn ping(api: Api, stop: Stop) -> Result<(), BoxError> {
    while let Some(answered) = stop.unless_soft(timeout(PING_TIMEOUT, look(&api))).await {
        match answered {
            Ok(answered) => api.readiness.set(STORE, answered),
            Err(_) => api.readiness.set(STORE, Err("it does not answer in time")),
        }
        if stop.unless_soft(sleep(PING_INTERVAL)).await.is_none() {
            break;
        }
    }
    Ok(())
}

async fn look(api: &Api) -> Result<(), store::Error> {
    if api.readiness.passes(STORE) { api.store.ping().await } else { api.store.ping_write().await }
}
