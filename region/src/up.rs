//! `region up`: every role in one process on the embedded default, SQLite and `local`.

mod agent;
mod config;
mod first_run;
mod mirror;
mod order;
mod ports;
mod roles;
mod state;
mod welcome;

use std::process::ExitCode;
use std::sync::Arc;

use domain::provider::Provider as _;
use domain::random::OsRandom;
use domain::time::SystemClock;
use runtime::admin::Admin;
use runtime::config::{ConfigArgs, Loaded};
use runtime::http::{Limits, bind, router, serve};
use runtime::ticker::TickMetrics;
use runtime::{Readiness, Stopper, Tasks, Telemetry};
use store::Store;

use crate::Error;
use crate::command::{Invocation, login};
use crate::output::Output;

pub(crate) use agent::find as find_agent;
pub(crate) use config::{LocalOptions, UpConfig};
use ports::Ports;
use roles::Roles;
use state::State;
use welcome::Welcome;

/// Flags of `region up`.
#[derive(Debug, clap::Args)]
pub struct UpArgs {
    /// Port of the API and the console [default: 8000]; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub api_port: Option<u16>,
    /// Port of the proxy, the students' way in [default: 8080]; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub proxy_port: Option<u16>,
    /// Port where container engines pull images [default: 5050, or a free one when that is taken]; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub mirror_port: Option<u16>,
    /// Port of /livez, /readyz and /metrics [default: a free one]
    #[arg(long, value_name = "PORT")]
    pub admin_port: Option<u16>,
    /// The agent's program [default: `agent` beside this program]
    #[arg(long, value_name = "FILE")]
    pub agent: Option<std::path::PathBuf>,
    /// How much CPU machines may use together, in thousandths [default: all of this computer's]
    #[arg(long, value_name = "MILLIS")]
    pub cpu_millis: Option<u64>,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Runs a region until a signal.
pub(crate) async fn run(invocation: &Invocation, args: UpArgs) -> Result<ExitCode, Error> {
    let loaded = args.load()?;
    if args.config.print_config {
        return crate::command::config::print(&loaded).map(|()| ExitCode::SUCCESS);
    }
    let telemetry = Telemetry::install(&loaded.value.telemetry).map_err(Error::wrong)?;
    let state = State::open(&invocation.connection.state_folder()?)?;
    start(invocation.output, &loaded, state, &telemetry).await
}

impl UpArgs {
    /// The effective configuration.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the field, where its value came from and what is allowed.
    pub(crate) fn load(&self) -> Result<Loaded<UpConfig>, Error> {
        let mut layers = self.config.layers().map_err(Error::wrong)?;
        let address = |port: u16| format!("127.0.0.1:{port}");
        let flags = [
            ("--api-port", "api.listen", self.api_port.map(address)),
            ("--proxy-port", "proxy.listen", self.proxy_port.map(address)),
            ("--mirror-port", "mirror.listen", self.mirror_port.map(address)),
            ("--admin-port", "admin.listen", self.admin_port.map(address)),
            ("--agent", "local.agent", self.agent.as_ref().map(|file| file.display().to_string())),
            ("--cpu-millis", "local.cpu_millis", self.cpu_millis.map(|millis| millis.to_string())),
        ];
        for (flag, field, value) in flags {
            let Some(value) = value else { continue };
            layers = layers.flag(flag, field, value).map_err(Error::wrong)?;
        }
        let mut loaded: Loaded<UpConfig> = layers.load().map_err(Error::wrong)?;
        let mut config = loaded.value.clone();
        config.for_a_laptop(|field| loaded.source(field));
        loaded.value = config;
        Ok(loaded)
    }
}

async fn start(
    output: Output,
    loaded: &Loaded<UpConfig>,
    state: State,
    telemetry: &Telemetry,
) -> Result<ExitCode, Error> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let store =
        Store::open(store::Options::new(state.database_url()?), clock.clone(), random.clone()).await?;
    let local = Arc::new(loaded.value.local.open(loaded.value.region.name.clone(), &state.machines())?);
    let mut tasks = Tasks::default();
    let admin =
        Admin { readiness: Readiness::default(), registry: telemetry.registry().clone(), stop: tasks.stop() };
    let ports = Ports::take(&loaded.value)?;
    let config = loaded.value.with_ports(&ports, |field| loaded.source(field));
    let roles = Roles { config: &config, store: &store, state: &state, admin: &admin, clock, random };
    let api_stopper = Stopper::new();
    let server = roles.api_server(api_stopper.stop()).await?;
    let proxy = roles.proxy().await?;
    let jobrunner = roles.jobrunner(local.clone())?;
    let mirror = mirror::open(&config, &state, &admin, |field| loaded.source(field)).await?;
    let admin_listener = bind(config.admin.listen).await.map_err(ports::refused("admin"))?;
    let admin_address = admin_listener.local_addr().map_err(ports::refused("admin"))?;

    let room = local.capacity().await.map_err(Error::unavailable)?.total;
    first_run::publish_samples(&store, room).await?;
    first_run::make_keys(&store, &state).await?;
    let mirror_urls = mirror::urls(&mirror)?;
    state.write_profile(&config.api.public_url, mirror_urls.api)?;
    let code = login::issue(&store).await?;
    let welcome = Welcome::new(&config, &state, admin_address, &code).with_mirror(mirror_urls.pulls);

    tasks.spawn("proxy", order::first(proxy, tasks.stop(), api_stopper.clone()));
    tasks.spawn("api-server", order::last(server, tasks.stop(), api_stopper));
    let metrics = TickMetrics::new(telemetry.registry());
    jobrunner::start(&jobrunner, &mut tasks, &metrics, &admin.readiness);
    mirror.start(&mut tasks, &metrics);
    let ready = admin.readiness.clone();
    tasks.spawn("admin", serve(admin_listener, router(admin.router()), Limits::default(), tasks.stop()));
    tasks.spawn("welcome", welcome.when_ready(output, ready, tasks.stop()));
    let code = tasks.run().await;
    welcome::goodbye(output, &store).await;
    Ok(code)
}

#[cfg(test)]
mod tests;
