//! The api-server's sections of the configuration, and its parts in one process.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use api_server::{Config, Context, Server};
use domain::random::OsRandom;
use domain::region::RegionOptions;
use domain::secret::SecretOptions;
use domain::time::SystemClock;
use runtime::admin::{Admin, AdminOptions};
use runtime::config::ConfigArgs;
use runtime::http::{Limits, bind, router, serve};
use runtime::program::Configuration;
use runtime::secret::text_of;
use runtime::telemetry::TelemetryOptions;
use runtime::{Readiness, Tasks, Telemetry};
use serde::{Deserialize, Serialize};
use store::Store;

/// The platform's API of a region
#[derive(Debug, clap::Parser)]
#[command(name = "api-server", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// The configuration of this program.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Program {
    region: RegionOptions,
    api: Config,
    store: store::Options,
    secrets: SecretOptions,
    admin: AdminOptions<9081>,
    telemetry: TelemetryOptions,
}

impl Configuration for Program {
    const FOREIGN_SECTIONS: &'static [&'static str] =
        &["proxy", "jobrunner", "local", "kubernetes", "mirror"];

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
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let secrets = self.secrets.load(text_of)?;
        let store = Store::open_patiently(self.store, clock.clone(), random.clone(), store::START_PATIENCE)
            .await
            .context("store")?;
        let region = self.region.name;
        let context = Context { region, store, clock, random, stop: tasks.stop(), readiness, registry };
        let server = Server::bind(self.api, &secrets, context).await?;
        let admin_listener = bind(self.admin.listen).await.context("admin.listen")?;
        tracing::info!(listen = %server.address(), admin.listen = %admin_listener.local_addr()?, "api-server listens");
        tasks.spawn("api-server", server.run());
        tasks.spawn("admin", serve(admin_listener, router(admin.router()), Limits::default(), tasks.stop()));
        Ok(tasks.run().await)
    }
}
