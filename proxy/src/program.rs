//! The proxy's sections of the configuration, and its parts in one process.

use std::process::ExitCode;
use std::sync::Arc;

use domain::random::OsRandom;
use domain::time::SystemClock;
use proxy::{Config, Context, Proxy};
use runtime::admin::{Admin, AdminOptions};
use runtime::config::ConfigArgs;
use runtime::http::{Limits, bind, router, serve};
use runtime::program::Configuration;
use runtime::telemetry::TelemetryOptions;
use runtime::{Readiness, Tasks, Telemetry};
use serde::{Deserialize, Serialize};

/// The students' way in
#[derive(Debug, clap::Parser)]
#[command(name = "proxy", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// The configuration of this program.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Program {
    pub(crate) proxy: Config,
    pub(crate) admin: AdminOptions<9080>,
    pub(crate) telemetry: TelemetryOptions,
}

impl Configuration for Program {
    const FOREIGN_SECTIONS: &'static [&'static str] =
        &["region", "api", "store", "secrets", "jobrunner", "local", "kubernetes", "mirror"];

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
        let context =
            Context { clock: Arc::new(SystemClock), random: Arc::new(OsRandom), readiness, registry };
        let proxy = Proxy::bind(&self.proxy, context).await?;
        let admin_listener = bind(self.admin.listen).await?;
        tracing::info!(listen = %proxy.address()?, admin.listen = %admin_listener.local_addr()?, "proxy listens");
        tasks.spawn("proxy", proxy.run(tasks.stop()));
        tasks.spawn("admin", serve(admin_listener, router(admin.router()), Limits::default(), tasks.stop()));
        Ok(tasks.run().await)
    }
}
