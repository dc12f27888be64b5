//! A whole mirror in one process: its parts put together from one configuration.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use runtime::http::{Limits, bind, router, serve};
use runtime::ticker::{TickMetrics, Ticker};
use runtime::{BoxError, Readiness, SharedRegistry, Tasks};
use tokio::net::TcpListener;

use crate::api::Api;
use crate::bounds::Bounds;
use crate::catalog::Catalog;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::evict::Evictor;
use crate::fills::Fills;
use crate::gauges;
use crate::housekeeping::{HOUSEKEEPING_EVERY, Housekeeping};
use crate::manifests::Manifests;
use crate::mirror::{Mirror, Parts};
use crate::place::{Folder, Place};
use crate::scrub::Scrub;
use crate::serve::{self as pull, Server};
use crate::upstream::Sources;
use crate::verifier::Verifier;
use crate::warm::Warmer;

/// Between the end of one round over all blobs and the next.
const SCRUB_EVERY: Duration = Duration::from_secs(3600);

/// What a mirror needs of its process.
#[derive(Clone, Debug)]
pub struct Context {
    /// Moments.
    pub clock: SharedClock,
    /// Where it says that it is ready.
    pub readiness: Readiness,
    /// Where its metrics are registered.
    pub registry: SharedRegistry,
}

/// Why a mirror cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the configuration.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    /// An upstream of the configuration.
    #[error("mirror.upstreams{0}")]
    Upstream(#[from] crate::upstream::Error),
    /// The folder.
    #[error("mirror.folder: {0}")]
    Folder(#[from] crate::place::Error),
    /// The catalogue within the folder.
    #[error("mirror.folder: {0}")]
    Catalog(#[from] crate::catalog::Error),
    /// The pull API.
    #[error(transparent)]
    Serve(#[from] pull::Error),
    /// The management API's address.
    #[error("mirror.api_listen: {0}")]
    Api(io::Error),
}

impl Error {
    /// The operating system's word on an address that cannot be had.
    #[must_use]
    pub const fn address(&self) -> Option<&io::Error> {
        match self {
            Self::Api(error) | Self::Serve(pull::Error::Listen(error)) => Some(error),
            _ => None,
        }
    }
}

/// A mirror that is ready to start.
#[derive(Debug)]
pub struct Service {
    server: Server,
    api_listener: TcpListener,
    api: Api,
    warmer: Arc<Warmer>,
    verifier: Arc<Verifier>,
    scrub: Option<Scrub>,
    housekeeping: Housekeeping,
}

/// Where its bytes and what is known of them are kept.
struct Kept {
    place: Arc<dyn Place>,
    catalog: Arc<Catalog>,
}

impl Service {
    /// Opens the folder, takes the addresses and puts the parts together. No upstream is asked.
    ///
    /// # Errors
    /// [`Error`], naming the field of the configuration.
    pub async fn open(config: &Config, context: Context) -> Result<Self, Error> {
        let (options, limits) = (config.options()?, config.limits()?);
        let Context { clock, readiness, registry } = context;
        readiness.announce(&["mirror"]);
        let sources = Arc::new(Sources::new(&config.upstreams, &clock)?);
        let Kept { place, catalog } = open(&config.folder)?;
        let evictor = Arc::new(Evictor::new(catalog.clone(), place.clone(), clock.clone()));
        let fills = Fills::new(place.clone(), Bounds::new(limits, place, evictor));
        let manifests = Manifests::new(catalog.clone(), sources.clone(), clock.clone(), config.beliefs());
        let parts = Parts {
            catalog: catalog.clone(),
            sources: sources.clone(),
            manifests,
            fills: Arc::new(fills.clone()),
        };
        let mirror = Arc::new(Mirror::new(parts));
        let warmer = Arc::new(Warmer::new(mirror.clone(), catalog.clone(), clock.clone()));
        let api_listener = bind(config.api_listen).await.map_err(Error::Api)?;
        let context =
            pull::Context { pull: mirror.clone(), clock: clock.clone(), registry: registry.clone() };
        let server = Server::bind(&options, context).await?;
        let client_bytes = server.client_bytes();
        gauges::register(&registry, fills.clone(), client_bytes.clone());
        let verifier = Arc::new(Verifier::new(fills.place().clone()));
        let api = Api {
            warmer: warmer.clone(),
            verifier: verifier.clone(),
            catalog,
            fills: fills.clone(),
            sources,
            clock,
            client_bytes,
        };
        let scrub = config.scrub(fills.place());
        let housekeeping = Housekeeping { mirror, fills, readiness };
        Ok(Self { server, api_listener, api, warmer, verifier, scrub, housekeeping })
    }

    /// Where nodes pull.
    ///
    /// # Errors
    /// The operating system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.server.address()
    }

    /// Where operators ask.
    ///
    /// # Errors
    /// The operating system's.
    pub fn api_address(&self) -> io::Result<SocketAddr> {
        self.api_listener.local_addr()
    }

    /// Starts every component.
    pub fn start(self, tasks: &mut Tasks, metrics: &TickMetrics) {
        let stop = tasks.stop();
        tasks.spawn("mirror", self.server.run(stop.clone()));
        let api = serve(self.api_listener, router(self.api.router()), Limits::default(), stop.clone());
        tasks.spawn::<_, BoxError>("mirror-api", api);
        tasks.spawn::<_, BoxError>("mirror-warm", self.warmer.run(stop.clone()));
        tasks.spawn::<_, BoxError>("mirror-verify", self.verifier.run(stop.clone()));
        let ticker = |every| Ticker::new(every, Arc::default(), stop.clone(), metrics.clone());
        tasks.spawn("mirror-housekeeping", ticker(HOUSEKEEPING_EVERY).run(self.housekeeping));
        if let Some(scrub) = self.scrub {
            tasks.spawn("mirror-scrub", ticker(SCRUB_EVERY).run(scrub));
        }
    }
}

/// Blobs and catalogue lie apart, so that either can be looked at alone.
fn open(folder: &Path) -> Result<Kept, Error> {
    let (place, recovery) = Folder::open(&folder.join("blobs"))?;
    tracing::info!(
        blobs = recovery.sealed,
        parts = recovery.continued,
        dropped = recovery.dropped,
        foreign = recovery.foreign,
        "the mirror's folder is open"
    );
    let catalog = Arc::new(Catalog::open(&folder.join("catalog.redb"))?);
    Ok(Kept { place: Arc::new(place), catalog })
}

#[cfg(test)]
mod tests;
