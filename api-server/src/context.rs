//! What every handler works with.

use std::ops::Deref;
use std::sync::Arc;

use domain::id::RegionName;
use domain::random::Random;
use domain::seal::Sealer;
use domain::secret::Secrets;
use domain::time::Clock;
use domain::token::Signer;
use runtime::{Readiness, SharedRegistry, Stop};
use store::Store;

use crate::Error;
use crate::auth::{KeyCache, Rates, RoleTokens};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::queue::QueueCache;
use crate::region_state::RegionState;
use crate::routes::RouteFeed;
use crate::urls::Urls;

/// What an api-server is given by its process.
#[derive(Clone, Debug)]
pub struct Context {
    /// The region's name: the prefix of its sandbox ids.
    pub region: RegionName,
    /// The store; the api-server's clock and randomness should be the same as the store's.
    pub store: Store,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids, tickets and nonces come from.
    pub random: Arc<dyn Random>,
    /// Watches end at the soft stop, everything at the hard one.
    pub stop: Stop,
    /// Gets the checks `store` and `routes`.
    pub readiness: Readiness,
    /// Gets the counters of requests.
    pub registry: SharedRegistry,
}

/// The state of one api-server. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Api(Arc<Parts>);

#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) stop: Stop,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    pub(crate) config: Config,
    pub(crate) region: RegionName,
    pub(crate) urls: Urls,
    pub(crate) signer: Signer,
    pub(crate) sealer: Sealer,
    pub(crate) role_tokens: RoleTokens,
    pub(crate) keys: KeyCache,
    pub(crate) rates: Rates,
    pub(crate) region_state: RegionState,
    pub(crate) queue: QueueCache,
    pub(crate) routes: RouteFeed,
}

impl Deref for Api {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Api {
    /// Checks the configuration and puts the parts together; touches neither store nor network.
    pub(crate) fn new(config: Config, secrets: &Secrets, context: Context) -> Result<Self, Error> {
        config.check()?;
        secrets.roles.first().ok_or(Error::NoSecret { purpose: "role" })?;
        let signing = secrets.signing.first().ok_or(Error::NoSecret { purpose: "signing" })?;
        let signer = Signer::new(signing);
        let keys = secrets.signing.iter().map(|secret| Signer::new(secret).public()).collect();
        let routes = RouteFeed::new(context.store.clone(), signer.clone(), keys);
        Ok(Self(Arc::new(Parts {
            urls: Urls::new(&config),
            sealer: Sealer::new(&secrets.signing),
            role_tokens: RoleTokens::new(&secrets.roles),
            rates: Rates::new(config.requests_per_s, config.requests_burst),
            keys: KeyCache::default(),
            region_state: RegionState::default(),
            queue: QueueCache::default(),
            metrics: Metrics::register(&context.registry),
            store: context.store,
            clock: context.clock,
            random: context.random,
            stop: context.stop,
            readiness: context.readiness,
            config,
            region: context.region,
            signer,
            routes,
        })))
    }
}
