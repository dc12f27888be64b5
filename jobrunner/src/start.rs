//! The components of a jobrunner, started as tasks of a process.

use std::sync::Arc;
use std::time::Duration;

use runtime::ticker::TickMetrics;
use runtime::{BoxError, Next, Readiness, Stop, Tasks, Tick, Ticker};
use store::Topic;
use tokio::sync::Notify;

use crate::{Admission, Context, Expiry, Reconciler, Retention, Sweep};

/// The readiness check that fails while the store cannot be asked who leads.
const LEASE: &str = "lease";

/// Starts every component; they end with the process's stop, and the lease is given up then. Sets the readiness check
/// `lease`.
pub fn start(ctx: &Arc<Context>, tasks: &mut Tasks, metrics: &TickMetrics, readiness: &Readiness) {
    let stop = tasks.stop();
    let config = &ctx.config;
    let reconciler = Arc::new(Reconciler::new(ctx.clone()));
    let ticker =
        |interval, wake: &Arc<Notify>| Ticker::new(interval, wake.clone(), stop.clone(), metrics.clone());
    let unwoken = || Arc::new(Notify::new());
    let interval = Duration::from_millis(config.reconcile_interval_ms);
    readiness.announce(&[LEASE]);
    let lead = Lead { ctx: ctx.clone(), readiness: readiness.clone() };
    tasks.spawn("leadership", ticker(ctx.leadership.renew_interval(), &unwoken()).run(lead));
    tasks.spawn("reconcile", ticker(interval, &ctx.wakes.reconcile).run(Shared(reconciler.clone())));
    tasks.spawn("admission", ticker(interval, &ctx.wakes.admission).run(Admission::new(ctx.clone())));
    let seconds = Duration::from_secs;
    tasks
        .spawn("expiry", ticker(seconds(config.expiry_interval_s), &unwoken()).run(Expiry::new(ctx.clone())));
    tasks.spawn("sweep", ticker(seconds(config.sweep_interval_s), &unwoken()).run(Sweep::new(ctx.clone())));
    let retention = seconds(config.retention_interval_s);
    tasks.spawn("retention", ticker(retention, &unwoken()).run(Retention::new(ctx.clone())));
    let health = Duration::from_millis(config.health_interval_ms);
    tasks.spawn("health", ticker(health, &unwoken()).run(Health(reconciler)));
    tasks.spawn("wake", wake(ctx.clone(), stop.clone()));
    tasks.spawn("watch", watch(ctx.clone(), stop.clone()));
    tasks.spawn("release", release(ctx.clone(), stop));
}

/// Commands wake admission and the reconciler.
async fn wake(ctx: Arc<Context>, stop: Stop) -> Result<(), BoxError> {
    let wake = ctx.store.wake();
    while stop.unless_soft(wake.wait(Topic::Intent)).await.is_some() {
        ctx.wakes.admission.notify_one();
        ctx.wakes.reconcile.notify_one();
    }
    Ok(())
}

/// What happens at a provider wakes the reconciler; room that became free wakes admission.
async fn watch(ctx: Arc<Context>, stop: Stop) -> Result<(), BoxError> {
    while stop.unless_soft(ctx.providers.changed()).await.is_some() {
        ctx.wakes.reconcile.notify_one();
        ctx.wakes.admission.notify_one();
    }
    Ok(())
}

async fn release(ctx: Arc<Context>, stop: Stop) -> Result<(), BoxError> {
    stop.soft().await;
    // A failure is no news: the lease ends by itself within seconds.
    let _ = ctx.leadership.release(&ctx.store).await;
    Ok(())
}

struct Lead {
    ctx: Arc<Context>,
    readiness: Readiness,
}

impl Tick for Lead {
    fn name(&self) -> &'static str {
        "leadership"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        let asked = self.ctx.leadership.tick(&self.ctx.store, &*self.ctx.clock).await;
        self.readiness.set(LEASE, asked.as_ref().map(drop));
        if asked? {
            tracing::info!("leading");
            self.ctx.wakes.admission.notify_one();
            self.ctx.wakes.reconcile.notify_one();
        }
        Ok(Next::Idle)
    }
}

struct Shared(Arc<Reconciler>);

impl Tick for Shared {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        self.0.tick().await
    }
}

struct Health(Arc<Reconciler>);

impl Tick for Health {
    fn name(&self) -> &'static str {
        "health"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        self.0.check_health().await?;
        Ok(Next::Idle)
    }
}
