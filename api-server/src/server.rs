//! One api-server: bound first, so that whoever starts it knows its address, then run.

use std::net::SocketAddr;

use runtime::http::Limits;
use runtime::{BoxError, Stop};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::config::{Config, Secrets};
use crate::context::{Api, Context};
use crate::limits::PING_INTERVAL;
use crate::{Error, router};

/// An api-server that listens.
#[derive(Debug)]
pub struct Server {
    api: Api,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Checks the configuration and listens; requests wait until [`Server::run`].
    ///
    /// # Errors
    /// A field that doesn't fit, a missing secret, or an address that is not to be had.
    pub async fn bind(config: Config, secrets: &Secrets, context: Context) -> Result<Self, Error> {
        let listen = config.listen;
        let api = Api::new(config, secrets, context)?;
        api.readiness.announce(&["store", "routes"]);
        let listener = runtime::http::bind(listen).await?;
        let address = listener.local_addr()?;
        Ok(Self { api, listener, address })
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
        let service = runtime::http::router(router::router(self.api.clone()));
        let mut parts = JoinSet::new();
        parts.spawn(runtime::http::serve(self.listener, service, limits, stop.clone()));
        let api = self.api.clone();
        parts.spawn(async move { api.routes.run(&api.stop, &api.readiness).await });
        parts.spawn(ping(self.api, stop));
        while let Some(ended) = parts.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// Keeps the readiness check `store` true to the store.
async fn ping(api: Api, stop: Stop) -> Result<(), BoxError> {
    while let Some(answered) = stop.unless_soft(api.store.ping()).await {
        api.readiness.set("store", answered);
        if stop.unless_soft(sleep(PING_INTERVAL)).await.is_none() {
            break;
        }
    }
    Ok(())
}
