//! The mirror's own program, with a folder of its own, over all its lives.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use registry_mirror::Config;
use registry_mirror::api::{Job, Status, Verification, VerificationState, WarmRequest};
use registry_mirror::upstream::UpstreamConfig;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::clock::ShiftedClock;
use crate::processes::port;

/// How long a life may take until it answers.
const START_MAX: Duration = Duration::from_secs(30);
const END_MAX: Duration = Duration::from_secs(5);
const WARM_MAX: Duration = Duration::from_secs(60);
const VERIFY_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// Runs a program that sees a disk of its own, of a size, in a folder; both stand before it.
const ON_A_DISK: &str = "mount -t tmpfs -o size=$1 tmpfs \"$2\" && shift 2 && exec \"$@\"";

/// What differs from the defaults of the program.
pub type Settings<'a> = &'a (dyn Fn(&mut Config) + Sync);

/// What a process has of its own; what the machine has, when absent.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// A disk of so many bytes in all, which is empty at the beginning of each life. Needs root.
    pub disk_bytes: Option<u64>,
    /// A clock. Needs root.
    pub clock: Option<Arc<ShiftedClock>>,
}

/// A mirror. Dropping it kills the process and removes the folder.
#[derive(Debug)]
pub struct MirrorProcess {
    folder: TempDir,
    config: Config,
    surroundings: Surroundings,
    child: Option<Child>,
    lives: u64,
    client: reqwest::Client,
}

#[derive(serde::Serialize)]
struct File<'a> {
    mirror: &'a Config,
    admin: Admin,
}

#[derive(serde::Serialize)]
struct Admin {
    listen: &'static str,
}

impl MirrorProcess {
    /// Starts a mirror of these upstreams, and waits until it answers.
    ///
    /// # Errors
    /// When the program is not built or does not answer, with what it said.
    pub async fn start(upstreams: Vec<UpstreamConfig>, settings: Settings<'_>) -> anyhow::Result<Self> {
        Self::start_in(Surroundings::default(), upstreams, settings).await
    }

    /// The same, in surroundings of its own.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_in(
        surroundings: Surroundings,
        upstreams: Vec<UpstreamConfig>,
        settings: Settings<'_>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("qjm-").tempdir()?;
        let mut config = Config {
            listen: port()?,
            api_listen: port()?,
            folder: folder.path().join("mirror"),
            upstreams,
            ..Config::default()
        };
        settings(&mut config);
        let file = File { mirror: &config, admin: Admin { listen: "127.0.0.1:0" } };
        std::fs::write(folder.path().join("mirror.toml"), toml::to_string(&file)?)?;
        std::fs::create_dir_all(&config.folder)?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut mirror = Self { folder, config, surroundings, child: None, lives: 0, client };
        mirror.begin().await?;
        Ok(mirror)
    }

    /// Where nodes pull.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.config.listen
    }

    /// `http://host:port`, where nodes pull.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.config.listen)
    }

    /// `http://host:port`, where operators ask.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}", self.config.api_listen)
    }

    /// Where its bytes lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.config.folder
    }

    /// What its catalogue's file has of the disk, in bytes.
    ///
    /// # Errors
    /// The disk's.
    pub fn catalog_bytes(&self) -> std::io::Result<u64> {
        let about = std::fs::metadata(self.config.folder.join("catalog.redb"))?;
        Ok(std::os::unix::fs::MetadataExt::blocks(&about) * 512)
    }

    /// What it has said in its present life.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// `kill -9`, and the end of the process.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("the mirror does not run")?;
        child.start_kill()?;
        let status = child.wait().await?;
        ensure!(status.signal() == Some(9), "the mirror ended by itself: {status}\n{}", self.log());
        Ok(())
    }

    /// Begins a new life, and waits until it answers.
    ///
    /// # Errors
    /// When it does not in time, with what it said.
    pub async fn begin(&mut self) -> anyhow::Result<()> {
        self.lives += 1;
        let log = std::fs::File::create(self.log_file())?;
        // Should this test be killed, nobody would stop the process.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(bytes) = self.surroundings.disk_bytes {
            command.args(["unshare", "--mount", "sh", "-c", ON_A_DISK, "sh", &bytes.to_string()]);
            command.arg(&self.config.folder);
        }
        if let Some(clock) = &self.surroundings.clock {
            clock.wear(&mut command);
        }
        command.arg(program()?).arg("--config");
        command.arg(self.folder.path().join("mirror.toml")).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn()?;
        let deadline = Instant::now() + START_MAX;
        let ping = format!("{}/v2/", self.url());
        while !self.client.get(&ping).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if let Some(status) = child.try_wait()? {
                bail!("the mirror ended: {status}\n{}", self.log());
            }
            ensure!(Instant::now() < deadline, "the mirror does not answer in time\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
        self.child = Some(child);
        Ok(())
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn status(&self) -> anyhow::Result<Status> {
        let url = format!("{}/v1/status", self.api_url());
        Ok(self.client.get(url).send().await?.error_for_status()?.json().await?)
    }

    /// Has it fetch images, and waits for what became of them.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn warm(&self, wish: &WarmRequest) -> anyhow::Result<Job> {
        let url = format!("{}/v1/warm", self.api_url());
        let deadline = Instant::now() + WARM_MAX;
        let wish = serde_json::to_string(wish)?;
        let mut job: Job = self.client.post(&url).body(wish).send().await?.error_for_status()?.json().await?;
        while !job.has_ended() {
            ensure!(Instant::now() < deadline, "the images do not come: {job:?}");
            tokio::time::sleep(POLL).await;
            let asked = self.client.get(format!("{url}/{}", job.id)).send().await?;
            job = asked.error_for_status()?.json().await?;
        }
        Ok(job)
    }

    /// Has it read every blob again, and waits for what it found.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn verify(&self) -> anyhow::Result<Verification> {
        let url = format!("{}/v1/verify", self.api_url());
        let deadline = Instant::now() + VERIFY_MAX;
        self.client.post(&url).send().await?.error_for_status()?;
        loop {
            let found: Verification = self.client.get(&url).send().await?.error_for_status()?.json().await?;
            if found.state != VerificationState::Running {
                return Ok(found);
            }
            ensure!(Instant::now() < deadline, "the verification does not end: {found:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// The memory that it has in use, in bytes.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        let pid = self.child.as_ref().and_then(Child::id).context("the mirror does not run")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join(format!("{}.log", self.lives))
    }
}

impl Drop for MirrorProcess {
    /// The folder can go only when nobody writes into it.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child);
        }
    }
}

/// Kills a process and waits for its end.
pub(super) fn end(child: &mut Child) {
    let deadline = Instant::now() + END_MAX;
    let _gone = child.start_kill();
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
        std::thread::sleep(POLL);
    }
}

/// Where cargo put it: beside the folder of this test's own program.
fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).context("this test's program lies in no folder")?;
    let program = folder.join("testing-registry-mirror");
    ensure!(program.is_file(), "{} is not built: run `cargo build -p tests`", program.display());
    Ok(program)
}
