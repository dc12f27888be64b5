//! The api-server's sections of the configuration, and its parts in one process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use api_server::{Config, Context, Secrets, Server};
use domain::random::OsRandom;
use domain::secret::Secret;
use domain::time::SystemClock;
use runtime::admin::Admin;
use runtime::config::ConfigArgs;
use runtime::http::{Limits, bind, router, serve};
use runtime::telemetry::TelemetryOptions;
use runtime::{Readiness, SecretFile, Tasks, Telemetry};
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
    pub(crate) api: Config,
    pub(crate) store: StoreOptions,
    pub(crate) secrets: SecretOptions,
    pub(crate) admin: AdminOptions,
    pub(crate) telemetry: TelemetryOptions,
}

/// The configuration section `store`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreOptions {
    /// `sqlite:PATH` or `postgres://…`; secret, because it may hold a password.
    pub(crate) url: runtime::Secret<String>,
}

/// The configuration section `secrets`: the first of each is used, all are valid.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecretOptions {
    /// Files with the secrets that roles share.
    pub(crate) role_files: Vec<PathBuf>,
    /// Files with the secrets that tokens are signed with.
    pub(crate) signing_files: Vec<PathBuf>,
}

/// The configuration section `admin`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AdminOptions {
    /// Where `/livez`, `/readyz` and `/metrics` are.
    pub(crate) listen: SocketAddr,
}

impl Default for AdminOptions {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9081)) }
    }
}

impl Program {
    /// Runs until a signal.
    pub(crate) async fn run(self, telemetry: &Telemetry) -> anyhow::Result<ExitCode> {
        let mut tasks = Tasks::default();
        let (readiness, registry) = (Readiness::default(), telemetry.registry().clone());
        let admin = Admin { readiness: readiness.clone(), registry: registry.clone(), stop: tasks.stop() };
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let options = store::Options::new(self.store.url.expose().clone());
        let store = Store::open(options, clock.clone(), random.clone()).await.context("store.url")?;
        let context = Context { store, clock, random, stop: tasks.stop(), readiness, registry };
        let server = Server::bind(self.api, &self.secrets.read()?, context).await?;
        let admin_listener = bind(self.admin.listen).await.context("admin.listen")?;
        tracing::info!(listen = %server.address(), admin.listen = %admin_listener.local_addr()?, "api-server listens");
        tasks.spawn("api-server", server.run());
        tasks.spawn("admin", serve(admin_listener, router(admin.router()), Limits::default(), tasks.stop()));
        Ok(tasks.run().await)
    }
}

impl SecretOptions {
    fn read(&self) -> anyhow::Result<Secrets> {
        let all = |files: &[PathBuf], field: &'static str| {
            files.iter().map(|file| read(file).context(field)).collect::<anyhow::Result<Vec<_>>>()
        };
        let roles = all(&self.role_files, "secrets.role_files")?;
        let signing = all(&self.signing_files, "secrets.signing_files")?;
        Ok(Secrets { roles, signing })
    }
}

fn read(file: &PathBuf) -> anyhow::Result<Secret> {
    let text = SecretFile::new(file).read()?;
    Secret::new(text.expose()).with_context(|| file.display().to_string())
}
