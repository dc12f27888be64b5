//! The jobrunner's sections of the configuration, and its parts in one process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::id::RegionName;
use domain::provider::Provider;
use domain::random::OsRandom;
use domain::secret::Secret;
use domain::time::SystemClock;
use jobrunner::{Config, Providers, Role};
use local::Local;
use runtime::admin::Admin;
use runtime::config::ConfigArgs;
use runtime::http::{Limits, bind, router, serve};
use runtime::telemetry::TelemetryOptions;
use runtime::ticker::TickMetrics;
use runtime::{Readiness, SecretFile, Tasks, Telemetry};
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
    pub(crate) region: RegionOptions,
    pub(crate) store: StoreOptions,
    pub(crate) secrets: SecretOptions,
    pub(crate) jobrunner: Config,
    pub(crate) local: Option<local::Config>,
    pub(crate) admin: AdminOptions,
    pub(crate) telemetry: TelemetryOptions,
}

/// The configuration section `region`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RegionOptions {
    /// The region's own short name.
    pub(crate) name: String,
}

/// The configuration section `store`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreOptions {
    /// `sqlite:PATH` or `postgres://…`; secret, because it may hold a password.
    pub(crate) url: runtime::Secret<String>,
}

/// The configuration section `secrets`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecretOptions {
    /// Files with the secrets that tokens are signed with; the first signs, all are valid.
    pub(crate) signing_files: Vec<PathBuf>,
}

/// The configuration section `admin`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AdminOptions {
    /// Where `/livez`, `/readyz` and `/metrics` are.
    pub(crate) listen: SocketAddr,
}

impl Default for RegionOptions {
    fn default() -> Self {
        Self { name: "local".to_owned() }
    }
}

impl Default for AdminOptions {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9082)) }
    }
}

impl Program {
    /// Runs until a signal.
    pub(crate) async fn run(self, telemetry: &Telemetry) -> anyhow::Result<ExitCode> {
        let mut tasks = Tasks::default();
        let (readiness, registry) = (Readiness::default(), telemetry.registry().clone());
        let admin = Admin { readiness, registry: registry.clone(), stop: tasks.stop() };
        let admin_listener = bind(self.admin.listen).await.context("admin.listen")?;
        let context = self.role().await?.context();
        tracing::info!(admin.listen = %admin_listener.local_addr()?, "jobrunner runs");
        jobrunner::start(&context, &mut tasks, &TickMetrics::new(&registry));
        tasks.spawn("admin", serve(admin_listener, router(admin.router()), Limits::default(), tasks.stop()));
        Ok(tasks.run().await)
    }

    async fn role(self) -> anyhow::Result<Role> {
        let region: RegionName = self.region.name.parse().context("region.name")?;
        let signing = self.secrets.signing()?;
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let options = store::Options::new(self.store.url.expose().clone());
        let store = Store::open(options, clock.clone(), random.clone()).await.context("store.url")?;
        let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
        if let Some(options) = self.local {
            let local = Local::open(region.clone(), options, clock.clone(), random.clone());
            providers.push(Arc::new(local.context("local")?));
        }
        ensure!(!providers.is_empty(), "no provider is configured: add the section `local`");
        let providers = Providers::new(providers);
        Ok(Role { region, config: self.jobrunner, store, providers, signing, clock, random })
    }
}

impl SecretOptions {
    fn signing(&self) -> anyhow::Result<Vec<Secret>> {
        ensure!(!self.signing_files.is_empty(), "secrets.signing_files must name at least one file");
        self.signing_files.iter().map(read).collect()
    }
}

fn read(file: &PathBuf) -> anyhow::Result<Secret> {
    let text = SecretFile::new(file).read().context("secrets.signing_files")?;
    Secret::new(text.expose()).with_context(|| format!("secrets.signing_files: {}", file.display()))
}
