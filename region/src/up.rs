//! `region up`: every role in one process on the embedded default, SQLite and `local`.

mod print;
mod state;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use domain::id::RegionName;
use domain::provider::Provider;
use domain::random::OsRandom;
use domain::resources::Resources;
use domain::template::version_of;
use domain::time::{Clock as _, SystemClock};
use jobrunner::{Providers, Role};
use local::Local;
use runtime::telemetry::TelemetryOptions;
use runtime::ticker::TickMetrics;
use runtime::{Readiness, Tasks, Telemetry};
use store::{NewKey, Scope, Store};

use crate::command::Invocation;
use state::State;

/// How long the console's login link can be used, in seconds.
const LOGIN_S: u64 = 3600;
const REGION: &str = "local";

/// Flags of `region up`.
#[derive(Debug, clap::Args)]
pub struct UpArgs {
    /// Port of the API and the console; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    pub api_port: u16,
    /// Port of the proxy, the students' way in; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub proxy_port: u16,
    /// The agent's program [default: beside this program]
    #[arg(long, env = "QINGJIAO_AGENT", value_name = "FILE")]
    pub agent: Option<PathBuf>,
    /// How much CPU machines may use together, in thousandths [default: all of this computer's]
    #[arg(long, value_name = "MILLIS")]
    pub cpu_millis: Option<u64>,
}

/// What runs, for whoever wants to reach it.
#[derive(Debug, serde::Serialize)]
struct Up {
    console_url: String,
    api_url: String,
    proxy_port: u16,
    key_file: PathBuf,
    state: PathBuf,
}

/// Runs a region until a signal.
///
/// # Errors
/// What stands in its way, and what to do about it.
pub(crate) async fn run(invocation: &Invocation, args: UpArgs) -> anyhow::Result<ExitCode> {
    let telemetry = Telemetry::install(&TelemetryOptions::default())?;
    let state = State::open(&invocation.connection.state_folder()?)?;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let store = Store::open(store::Options::new(state.database()), clock.clone(), random.clone()).await?;
    let local = Arc::new(open_local(&state, &args)?);
    let mut tasks = Tasks::default();
    let readiness = Readiness::default();
    let registry = telemetry.registry().clone();

    let (api_port, proxy_port) = (free(args.api_port, "--api-port")?, free(args.proxy_port, "--proxy-port")?);
    let secrets = state.secrets()?;
    let context = api_server::Context {
        store: store.clone(),
        clock: clock.clone(),
        random: random.clone(),
        stop: tasks.stop(),
        readiness: readiness.clone(),
        registry: registry.clone(),
    };
    let server = api_server::Server::bind(api_config(api_port, proxy_port), &secrets, context).await?;
    let context = proxy::Context {
        clock: clock.clone(),
        random: random.clone(),
        readiness,
        registry: registry.clone(),
    };
    let proxy = proxy::Proxy::bind(&proxy_config(&state, api_port, proxy_port)?, context).await?;
    let role = Role {
        region: REGION.parse::<RegionName>()?,
        config: jobrunner::Config::default(),
        store: store.clone(),
        providers: Providers::new([local.clone() as Arc<dyn Provider>]),
        signing: secrets.signing,
        clock: clock.clone(),
        random,
    };

    publish_samples(&store, local.capacity().await?.total).await?;
    make_keys(&store, &state).await?;
    let api_url = format!("http://localhost:{api_port}");
    state.write_profile(&api_url)?;
    let up = Up {
        console_url: format!("{api_url}/console#code={}", login(&store).await?),
        api_url,
        proxy_port,
        key_file: state.platform_key(),
        state: state.folder().to_owned(),
    };
    tasks.spawn("api-server", server.run());
    tasks.spawn("proxy", proxy.run(tasks.stop()));
    jobrunner::start(&role.context(), &mut tasks, &TickMetrics::new(&registry));
    print::started(invocation.output, &up)?;
    let code = tasks.run().await;
    print::stopped(invocation.output, &store).await;
    Ok(code)
}

fn open_local(state: &State, args: &UpArgs) -> anyhow::Result<Local> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join("agent"));
    let agent = args.agent.clone().or_else(beside).filter(|file| file.is_file());
    let Some(agent) = agent else {
        bail!("the agent's program is not there: run `make agent`, or name it with --agent FILE");
    };
    let mut config = local::Config::new(state.machines(), std::path::absolute(agent)?);
    if let Some(cpu_millis) = args.cpu_millis {
        const PLENTY: u64 = 1 << 40;
        config.capacity = Some(Resources { cpu_millis, memory_mib: PLENTY, disk_mib: PLENTY, gpus: 0 });
    }
    Ok(Local::open(REGION.parse()?, config, Arc::new(SystemClock), Arc::new(OsRandom))?)
}

/// The port, or a free one for 0: URLs must carry it before anything listens.
fn free(port: u16, flag: &'static str) -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("port {port} is in use: choose another with {flag}"))?;
    Ok(listener.local_addr()?.port())
}

fn api_config(api_port: u16, proxy_port: u16) -> api_server::Config {
    api_server::Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, api_port)),
        region: REGION.to_owned(),
        public_url: format!("http://localhost:{api_port}"),
        proxy_port: Some(proxy_port),
        ..api_server::Config::default()
    }
}

fn proxy_config(state: &State, api_port: u16, proxy_port: u16) -> anyhow::Result<proxy::Config> {
    Ok(proxy::Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, proxy_port)),
        api_url: format!("http://127.0.0.1:{api_port}"),
        role_secret: state.role_secret()?,
        frame_ancestors: vec!["*".to_owned()],
        ..proxy::Config::default()
    })
}

async fn publish_samples(store: &Store, room: Resources) -> anyhow::Result<()> {
    for sample in crate::samples::samples(room)? {
        let version = version_of(&sample.template).context("a sample without a canonical form")?;
        store.templates().publish(&sample.name.parse()?, &version, &sample.template).await?;
    }
    Ok(())
}

/// On the first start a key for the platform and one for the operator, each in a file that only its owner can read.
async fn make_keys(store: &Store, state: &State) -> anyhow::Result<()> {
    for (file, scope, name) in [
        (state.platform_key(), Scope::Platform, "region up: platform"),
        (state.operator_key(), Scope::Operator, "region up: operator"),
    ] {
        let known = match std::fs::read_to_string(&file) {
            Ok(key) => store.keys().find(&api_server::hash_of(key.trim())).await?.is_some(),
            Err(_) => false,
        };
        if known {
            continue;
        }
        let key = api_server::new_key(&OsRandom);
        let hash = api_server::hash_of(&key);
        let id = hash.chars().take(12).collect();
        store.keys().create(NewKey { id, hash, scope, tenant: None, name: name.to_owned() }).await?;
        state::write_private(&file, &key)?;
    }
    Ok(())
}

async fn login(store: &Store) -> anyhow::Result<String> {
    let code = api_server::new_login_code(&OsRandom);
    store.logins().issue(&api_server::hash_of(&code), SystemClock.now().plus_s(LOGIN_S)).await?;
    Ok(code)
}
