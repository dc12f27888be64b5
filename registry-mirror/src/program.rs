//! The mirror's sections of the configuration, and its parts in one process.

use std::process::ExitCode;
use std::sync::Arc;

use registry_mirror::clock::SystemClock;
use registry_mirror::{Config, Context, Service};
use runtime::admin::{Admin, AdminOptions};
use runtime::config::ConfigArgs;
use runtime::http::{Limits, bind, router, serve};
use runtime::program::Configuration;
use runtime::telemetry::TelemetryOptions;
use runtime::ticker::TickMetrics;
use runtime::{Readiness, Tasks, Telemetry};
use serde::{Deserialize, Serialize};

/// Pull-through mirror of image registries for the nodes of a region
#[derive(Debug, clap::Parser)]
#[command(name = "registry-mirror", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// The configuration of this program.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Program {
    pub(crate) mirror: Config,
    pub(crate) admin: AdminOptions<9083>,
    pub(crate) telemetry: TelemetryOptions,
}

impl Configuration for Program {
    const FOREIGN_SECTIONS: &'static [&'static str] =
        &["region", "api", "proxy", "store", "secrets", "jobrunner", "local", "kubernetes"];

    fn telemetry(&self) -> &TelemetryOptions {
        &self.telemetry
    }
}

impl Program {
    /// Runs until a signal.
    pub(crate) async fn run(self, telemetry: &Telemetry) -> anyhow::Result<ExitCode> {
        registry_mirror::open_files::raise_limit();
        let mut tasks = Tasks::default();
        let (readiness, registry) = (Readiness::default(), telemetry.registry().clone());
        let admin = Admin { readiness: readiness.clone(), registry: registry.clone(), stop: tasks.stop() };
        let metrics = TickMetrics::new(&registry);
        let context = Context { clock: Arc::new(SystemClock), readiness, registry };
        let service = Service::open(&self.mirror, context).await?;
        let admin_listener = bind(self.admin.listen).await?;
        tracing::info!(
            listen = %service.address()?,
            api.listen = %service.api_address()?,
            admin.listen = %admin_listener.local_addr()?,
            "the mirror listens"
        );
        service.start(&mut tasks, &metrics);
        tasks.spawn("admin", serve(admin_listener, router(admin.router()), Limits::default(), tasks.stop()));
        Ok(tasks.run().await)
    }
}
