//! The jobrunner's sections of the configuration, and its parts in one process.

mod provider;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::random::OsRandom;
use domain::region::RegionOptions;
use domain::secret::SecretOptions;
use domain::time::SystemClock;
use jobrunner::{Config, Providers, Role};
use runtime::admin::{Admin, AdminOptions};
use runtime::config::ConfigArgs;
use runtime::http::{Limits, bind, router, serve};
use runtime::program::Configuration;
use runtime::secret::text_of;
use runtime::telemetry::TelemetryOptions;
use runtime::ticker::TickMetrics;
use runtime::{Readiness, Tasks, Telemetry};
use serde::{Deserialize, Serialize};
use store::Store;

/// Turns intent into machines
#[derive(Debug, clap::Parser)]
#[command(name = "jobrunner", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// The configuration of this program.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Program {
    region: RegionOptions,
    store: store::Options,
    secrets: SecretOptions,
    jobrunner: Config,
    local: Option<local::Config>,
    kubernetes: Option<kubernetes::Config>,
    admin: AdminOptions<9082>,
    telemetry: TelemetryOptions,
}

impl Configuration for Program {
    const FOREIGN_SECTIONS: &'static [&'static str] = &["api", "proxy", "mirror"];

    fn telemetry(&self) -> &TelemetryOptions {
        &self.telemetry
    }
}

impl Program {
    /// Runs until a signal.
    pub(crate) async fn run(self, telemetry: &Telemetry) -> anyhow::Result<ExitCode> {
        let mut tasks = Tasks::default();
        let (readiness, registry) = (Readiness::default(), telemetry.registry().clone());
        let admin = Admin { readiness: readiness.clone(), registry: registry.clone(), stop: tasks.stop() };
        let admin_listener = bind(self.admin.listen).await.context("admin.listen")?;
        let context = self.role().await?.context();
        tracing::info!(admin.listen = %admin_listener.local_addr()?, "jobrunner runs");
        jobrunner::start(&context, &mut tasks, &TickMetrics::new(&registry), &readiness);
        tasks.spawn("admin", serve(admin_listener, router(admin.router()), Limits::default(), tasks.stop()));
        Ok(tasks.run().await)
    }

    async fn role(mut self) -> anyhow::Result<Role> {
        let signing = self.secrets.load(text_of)?.signing;
        ensure!(!signing.is_empty(), "secrets.signing_files must name at least one file");
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let region = self.region.name.clone();
        let provider = self.open_provider(&region, clock.clone(), random.clone()).await?;
        let store = Store::open_patiently(self.store, clock.clone(), random.clone(), store::START_PATIENCE)
            .await
            .context("store")?;
        let providers = Providers::new([provider]);
        Ok(Role { region, config: self.jobrunner, store, providers, signing, clock, random })
    }
}
