//! Putting a jobrunner together from what its process was given.

use std::sync::Arc;
use std::time::Duration;

use domain::id::RegionName;
use domain::random::Random;
use domain::seal::Sealer;
use domain::secret::Secret;
use domain::time::Clock;
use domain::token::Signer;
use store::Store;

use crate::{Config, Context, HttpAgents, Leadership, Providers, Wakes};

/// What a process gives its jobrunner.
#[derive(Debug)]
pub struct Role {
    /// The region's name.
    pub region: RegionName,
    /// Limits.
    pub config: Config,
    /// The store; its clock and randomness should be the same as those here.
    pub store: Store,
    /// What runs machines.
    pub providers: Providers,
    /// The mounted signing secrets: the first signs, all are valid.
    pub signing: Vec<Secret>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Jitter and the holder's name.
    pub random: Arc<dyn Random>,
}

impl Role {
    /// What the components work with; [`start`](crate::start) starts them.
    #[must_use]
    pub fn context(self) -> Arc<Context> {
        let Self { region, config, store, providers, signing, clock, random } = self;
        let agents = Arc::new(HttpAgents { probe_timeout: Duration::from_millis(config.probe_timeout_ms) });
        let leadership = Leadership::new(format!("{:016x}", random.u64()), config.lease_ms);
        Arc::new(Context {
            signers: signing.iter().map(Signer::new).collect(),
            sealer: Sealer::new(&signing),
            region,
            config,
            store,
            providers,
            agents,
            clock,
            random,
            leadership,
            wakes: Wakes::default(),
            #[cfg(feature = "testing")]
            planted: crate::testing::Planted::default(),
            #[cfg(feature = "testing")]
            pause: crate::testing::Pause::default(),
        })
    }
}
