//! One jobrunner process, stepped by hand.

use std::sync::Arc;

use domain::provider::Provider;
use domain::provider::fake::Fake;
use domain::random::Random;
use domain::seal::Sealer;
use domain::secret::Secret;
use domain::time::Clock;
use domain::token::Signer;
use jobrunner::testing::{Bug, Pause, Planted};
use jobrunner::{Admission, Config, Context, Expiry, Leadership, Providers, Reconciler, Sweep, Wakes};
use runtime::Tick as _;
use store::Store;

use super::agents::CloudAgents;

/// A lease of the simulation, in milliseconds.
const LEASE_MS: u64 = 5_000;

/// What a process is started with.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) store: Store,
    pub(super) provider: Fake,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) bug: Bug,
}

/// A jobrunner between its start and its death.
#[derive(Debug)]
pub(super) struct Leader {
    ctx: Arc<Context>,
    pub(super) reconciler: Reconciler,
    admission: Admission,
    expiry: Expiry,
    sweep: Sweep,
}

impl Leader {
    pub(super) fn start(holder: String, start: Start) -> anyhow::Result<Self> {
        let secret = Secret::new(&"s".repeat(32))?;
        let planted = Planted::default();
        planted.plant(start.bug);
        let agents = Arc::new(CloudAgents(start.provider.cloud().clone()));
        let provider: Arc<dyn Provider> = Arc::new(start.provider);
        let ctx = Arc::new(Context {
            region: "bj".parse()?,
            config: Config { lease_ms: LEASE_MS, ..Config::default() },
            store: start.store,
            providers: Providers::new([provider]),
            agents,
            clock: start.clock,
            random: start.random,
            signers: vec![Signer::new(&secret)],
            sealer: Sealer::new([&secret]),
            leadership: Leadership::new(holder, LEASE_MS),
            wakes: Wakes::default(),
            planted,
            pause: Pause::default(),
        });
        Ok(Self {
            reconciler: Reconciler::new(ctx.clone()),
            admission: Admission::new(ctx.clone()),
            expiry: Expiry::new(ctx.clone()),
            sweep: Sweep::new(ctx.clone()),
            ctx,
        })
    }

    /// Where this process can be made to stand still.
    pub(super) fn pause(&self) -> &Pause {
        &self.ctx.pause
    }

    /// Waits until one of its drives ends.
    pub(super) async fn a_drive_ends(&self) {
        self.ctx.wakes.reconcile.notified().await;
    }

    /// Renews or takes the lease. A store's error is the next tick's business, as in the real loop.
    pub(super) async fn lead(&self) {
        let _ = self.ctx.leadership.tick(&self.ctx.store, &*self.ctx.clock).await;
    }

    pub(super) async fn admit(&self) {
        let _ = self.admission.tick().await;
    }

    pub(super) async fn reconcile(&self) {
        let _ = self.reconciler.tick().await;
    }

    pub(super) async fn clean(&self) {
        let _ = self.expiry.tick().await;
        let _ = self.sweep.tick().await;
    }
}
