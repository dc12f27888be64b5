//! What a region of processes stands on: a folder, a database, secrets, ports and configuration files.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use domain::random::OsRandom;
use domain::secret::Secret;
use domain::time::SystemClock;
use store::{NewKey, Scope, Store};
use tempfile::TempDir;

use super::{LiveMachine, Role};
use crate::cluster::Pods;

/// Replicas of each role.
pub(super) const REPLICAS: usize = 2;
/// How long a lead lasts without renewal. Shorter than in a real region, so that a campaign sees many.
pub(super) const LEASE_MS: u64 = 2_500;
/// Ports of replicas: below those that the kernel gives to outgoing connections, because a replica must find its own
/// free when it is started again.
const PORTS_FIRST: u16 = 20_000;
const PORTS_COUNT: u16 = 12_000;
/// Environment variable that names a folder into which the logs of all lives are copied at the end.
const KEEP_LOGS: &str = "CHAOS_LOGS";
/// How long the machines of a failed campaign may take to end.
const END_MAX: Duration = Duration::from_secs(5);
const UIDS_FIRST: u32 = 1_000_000;
const UIDS_COUNT: u32 = 2_000;
/// First characters of a key's hash that are its public id.
const KEY_ID_CHARACTERS: usize = 12;

/// What a region's machines are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Machines {
    /// Processes of this computer.
    Processes,
    /// Pods of a cluster.
    Pods(Pods),
}

impl Machines {
    /// What a machine of a template runs: nothing of its own.
    #[must_use]
    pub fn runs(&self) -> serde_json::Value {
        match self {
            Self::Processes => serde_json::json!({ "process": { "command": [] } }),
            Self::Pods(_) => Pods::runs(),
        }
    }
}

/// The ground of one region.
#[derive(Debug)]
pub struct Ground {
    /// What its machines are.
    pub machines_are: Machines,
    folder: TempDir,
    programs: PathBuf,
    /// The region's name, which no other region on this computer has.
    pub region: String,
    /// Replicas of each role that runs.
    pub replicas: usize,
    /// The platform's key.
    pub key: String,
    ports: Vec<(SocketAddr, SocketAddr)>,
}

impl Ground {
    /// Makes the folder, the database and a key, and finds ports, for the one region of this test.
    ///
    /// # Errors
    /// When PostgreSQL, a built program or the agent is missing, in words that say what to do.
    pub async fn prepare(machines_are: Machines) -> anyhow::Result<Self> {
        Self::named(format!("c{}", std::process::id()), REPLICAS, machines_are).await
    }

    /// The same for another region beside it, with one replica of each role.
    pub(super) async fn beside(machines_are: Machines) -> anyhow::Result<Self> {
        Self::named(format!("n{}", std::process::id()), 1, machines_are).await
    }

    async fn named(region: String, replicas: usize, machines_are: Machines) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("qjc-").tempdir()?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
        std::fs::create_dir(folder.path().join("logs"))?;
        let server = store::testing::postgres().map_err(|error| anyhow!("{error}"))?;
        let url = server.database()?;
        let ports = (0..3 * REPLICAS).map(|_| Ok((port()?, port()?))).collect::<anyhow::Result<_>>()?;
        let (programs, key) = (programs()?, key(&url).await?);
        let ground = Self { machines_are, folder, programs, region, replicas, key, ports };
        ground.configure(&url)?;
        Ok(ground)
    }

    /// Where machines and homes lie.
    #[must_use]
    pub fn machines(&self) -> PathBuf {
        self.folder.path().join("m")
    }

    /// Where the log of one life of a replica is.
    pub(super) fn log(&self, name: &str, life: u64) -> PathBuf {
        self.folder.path().join("logs").join(format!("{name}.{life}.log"))
    }

    /// The folder of all logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// The control groups of the machines that are written down.
    #[must_use]
    pub fn groups(&self) -> Vec<PathBuf> {
        let machines = self.machines().join("regions").join(&self.region).join("machines");
        let folders = std::fs::read_dir(machines).into_iter().flatten().flatten();
        let read =
            |file: PathBuf| serde_json::from_slice::<serde_json::Value>(&std::fs::read(file).ok()?).ok();
        let records = folders.filter_map(|folder| read(folder.path().join("machine.json")));
        let listed = |record: serde_json::Value| record["groups"].as_array().cloned().unwrap_or_default();
        records.flat_map(listed).filter_map(|group| Some(PathBuf::from(group.as_str()?))).collect()
    }

    /// The program of a role and its arguments for one replica.
    pub(super) fn command(&self, role: Role, index: usize) -> (PathBuf, Vec<String>) {
        let name = role.name();
        let mut arguments = vec!["--config".to_owned(), self.config().display().to_string()];
        let (listen, admin) = self.addresses(role, index);
        let mut set = |field: &str, value: String| {
            arguments.extend(["--set".to_owned(), format!("{field}={value}")]);
        };
        set("admin.listen", admin.to_string());
        match role {
            Role::ApiServer => set("api.listen", listen.to_string()),
            Role::Proxy => {
                set("proxy.listen", listen.to_string());
                set("proxy.reporter", format!("proxy-{index}"));
                set("proxy.api_url", format!("http://{}", self.addresses(Role::ApiServer, index).0));
            }
            Role::Jobrunner => {}
        }
        (self.programs.join(format!("testing-{name}")), arguments)
    }

    /// Where a replica listens, and where its admin endpoints are.
    #[must_use]
    pub fn addresses(&self, role: Role, index: usize) -> (SocketAddr, SocketAddr) {
        self.ports[role as usize * REPLICAS + index]
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("region.toml")
    }

    fn secret(&self, name: &str) -> anyhow::Result<(PathBuf, String)> {
        let (file, text) = (self.folder.path().join(name), Secret::generate(&OsRandom));
        private(&file, &text)?;
        Ok((file, text))
    }

    /// One file for every role; each reads its own sections.
    fn configure(&self, url: &str) -> anyhow::Result<()> {
        let (role_file, role) = self.secret("role.secret")?;
        let (signing_file, _) = self.secret("signing.secret")?;
        let (role_file, signing_file) = (role_file.display(), signing_file.display());
        let port = self.addresses(Role::Proxy, 0).0.port();
        let text = format!(
            r#"
            region.name = "{region}"
            store.url = "{url}"
            telemetry = {{ format = "json", filter = "info" }}
            secrets = {{ role_files = ["{role_file}"], signing_files = ["{signing_file}"] }}
            api.proxy_port = {port}
            api.requests_per_s = 10000
            api.requests_burst = 10000
            proxy = {{ domain = "localhost", role_secret = "{role}" }}
            jobrunner.lease_ms = {LEASE_MS}
            jobrunner.sweep_grace_s = 5
            jobrunner.sweep_interval_s = 1
            {provider}
            "#,
            region = self.region,
            provider = self.provider()?,
        );
        private(&self.config(), &text)
    }

    /// The sections that say what machines are.
    fn provider(&self) -> anyhow::Result<String> {
        if let Machines::Pods(pods) = &self.machines_are {
            return Ok(pods.configuration());
        }
        let (machines, agent) = (self.machines(), agent()?);
        let uids = UIDS_FIRST + (std::process::id() % 1000) * UIDS_COUNT;
        Ok(format!(
            r#"
            [local]
            state_dir = "{machines}"
            agent = "{agent}"
            uids_first = {uids}
            uids_count = {UIDS_COUNT}
            capacity = {{ cpu_millis = 1000000, memory_mib = 1000000 }}
            "#,
            machines = machines.display(),
            agent = agent.display(),
        ))
    }
}

/// A campaign that failed leaves machines behind.
impl Drop for Ground {
    fn drop(&mut self) {
        let left = LiveMachine::all(&self.region);
        left.iter().for_each(LiveMachine::kill);
        let deadline = Instant::now() + END_MAX;
        while left.iter().any(LiveMachine::is_alive) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        for group in self.groups() {
            // One that still ends keeps its group: nothing more can be done here.
            let _ = std::fs::remove_dir(group);
        }
        if let Some(kept) = std::env::var_os(KEEP_LOGS) {
            // Nobody could be told of a failure here.
            let _ = copy(&self.logs(), Path::new(&kept));
        }
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Writes a file that only its owner reads.
fn private(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    let mut open = options.write(true).create_new(true).mode(0o600).open(file)?;
    Ok(open.write_all(text.as_bytes())?)
}

/// Makes the schema and a key for the platform.
async fn key(url: &str) -> anyhow::Result<String> {
    let options = store::Options::new(url);
    let store = Store::open(options, Arc::new(SystemClock), Arc::new(OsRandom)).await?;
    let key = api_server::new_key(&OsRandom);
    let hash = api_server::hash_of(&key);
    let id = hash.chars().take(KEY_ID_CHARACTERS).collect();
    let name = "campaign".to_owned();
    store.keys().create(NewKey { id, hash, scope: Scope::Operator, tenant: None, name }).await?;
    Ok(key)
}

/// A free port of this computer, which nothing else of this test process is given.
pub(crate) fn port() -> anyhow::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(PORTS_COUNT))?;
    for _ in 0..PORTS_COUNT {
        let nth = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(offset) % PORTS_COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS_FIRST + nth));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(anyhow!("no port from {PORTS_FIRST} on is free"))
}

/// Where cargo put the programs: beside the folder of this test's own.
fn programs() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).context("this test's program lies in no folder")?;
    for role in Role::ALL {
        let program = folder.join(format!("testing-{}", role.name()));
        ensure!(program.is_file(), "{} is not built: run `cargo build -p tests`", program.display());
    }
    Ok(folder.to_owned())
}

/// The agent's program, as `make agent` builds it.
fn agent() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("QINGJIAO_AGENT").map(PathBuf::from);
    let beside = || Some(programs().ok()?.parent()?.join("agent").join("agent"));
    let found = named.or_else(beside).filter(|agent| agent.is_file());
    found.context("the agent is not built: run `make agent`, or name it with QINGJIAO_AGENT")
}
