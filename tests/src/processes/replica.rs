//! One supervised process.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jobrunner::testing::CRASH_AT;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::Ground;

/// How soon a process is started again when nothing else was said.
const DOWN: Duration = Duration::from_millis(200);

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The platform's API.
    ApiServer,
    /// The students' way in.
    Proxy,
    /// The one that makes machines.
    Jobrunner,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::ApiServer, Self::Proxy, Self::Jobrunner];

    /// The program's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApiServer => "api-server",
            Self::Proxy => "proxy",
            Self::Jobrunner => "jobrunner",
        }
    }
}

/// How a life ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Death {
    /// `kill -9`.
    Killed,
    /// At the named point, by its own hand.
    Crashed(String),
    /// After SIGTERM, with success.
    Stopped,
    /// None of these: a fault of ours.
    Unexpected(String),
}

/// One replica of a role, over all its lives.
#[derive(Debug)]
pub struct Replica {
    /// What it does.
    pub role: Role,
    /// Which of its role's replicas.
    pub index: usize,
    ground: Arc<Ground>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    pid: Option<Pid>,
    life: u64,
    started_at: Instant,
    /// The point at which the present life ends.
    armed: Option<String>,
    /// The same for the next life.
    arm_next: Option<String>,
    terminated: bool,
    frozen: bool,
    down: Duration,
    deaths: Vec<Death>,
}

impl Replica {
    pub(super) fn new(ground: Arc<Ground>, role: Role, index: usize) -> Self {
        let state = State {
            pid: None,
            life: 0,
            started_at: Instant::now(),
            armed: None,
            arm_next: None,
            terminated: false,
            frozen: false,
            down: DOWN,
            deaths: Vec::new(),
        };
        Self { role, index, ground, state: Mutex::new(state) }
    }

    /// The role's name with the replica's number.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}", self.role.name(), self.index)
    }

    /// Which life it is in, counted from 1.
    #[must_use]
    pub fn life(&self) -> u64 {
        self.state().life
    }

    /// When its present life began; none while it is down or stands still.
    #[must_use]
    pub fn running_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.pid.is_some() && !state.frozen).then_some(state.started_at)
    }

    /// How its lives ended.
    #[must_use]
    pub fn deaths(&self) -> Vec<Death> {
        self.state().deaths.clone()
    }

    /// What it has said in its present life.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.ground.log(&self.name(), self.life())).unwrap_or_default()
    }

    /// The next life ends at this point.
    pub fn arm(&self, point: String) {
        self.state().arm_next = Some(point);
    }

    /// `kill -9`; started again after `down`. False when it was not there.
    pub fn kill(&self, down: Duration) -> bool {
        self.state().down = down;
        self.signal(Signal::SIGKILL)
    }

    /// SIGTERM; started again after `down`.
    pub fn terminate(&self, down: Duration) {
        let mut state = self.state();
        state.down = down;
        state.terminated = true;
        drop(state);
        self.signal(Signal::SIGTERM);
    }

    /// Lets it stand still for some time. False when it was not there.
    pub async fn freeze(&self, time: Duration) -> bool {
        let life = self.life();
        self.state().frozen = true;
        let was_there = self.signal(Signal::SIGSTOP);
        tokio::time::sleep(time).await;
        if self.life() == life {
            self.signal(Signal::SIGCONT);
        }
        self.state().frozen = false;
        was_there
    }

    /// Starts it, and again whenever it ends, until `stop`.
    pub(super) async fn supervise(self: Arc<Self>, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            let mut child = self.start()?;
            let status = tokio::select! {
                status = child.wait() => status?,
                () = stop.cancelled() => return self.stop(child).await,
            };
            let down = self.note(status);
            tokio::select! {
                () = tokio::time::sleep(down) => {}
                () = stop.cancelled() => return Ok(()),
            }
        }
    }

    async fn stop(&self, mut child: Child) -> anyhow::Result<()> {
        self.signal(Signal::SIGCONT);
        self.terminate(Duration::ZERO);
        let status = match tokio::time::timeout(Duration::from_secs(10), child.wait()).await {
            Ok(status) => status?,
            Err(_) => {
                child.kill().await?;
                child.wait().await?
            }
        };
        self.note(status);
        Ok(())
    }

    fn start(&self) -> anyhow::Result<Child> {
        let mut state = self.state();
        state.life += 1;
        state.armed = state.arm_next.take();
        let log = std::fs::File::create(self.ground.log(&self.name(), state.life))?;
        let (program, arguments) = self.ground.command(self.role, self.index);
        // Should this test be killed, nobody would stop the process.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program).args(arguments).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.env_remove(CRASH_AT).envs(state.armed.as_ref().map(|point| (CRASH_AT, point)));
        let child = command.spawn()?;
        state.pid = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
        state.started_at = Instant::now();
        (state.terminated, state.down) = (false, DOWN);
        Ok(child)
    }

    /// Notes how a life ended; answers how long to wait for the next.
    fn note(&self, status: ExitStatus) -> Duration {
        let mut state = self.state();
        state.pid = None;
        let armed = state.armed.take();
        let death = match (status.signal(), armed) {
            (Some(9), _) => Death::Killed,
            (Some(6), Some(point)) => Death::Crashed(point),
            // Before it listens to signals, the kernel's own way.
            (Some(15), _) if state.terminated => Death::Stopped,
            _ if state.terminated && status.success() => Death::Stopped,
            _ => Death::Unexpected(format!("{} in life {}: {status}", self.name(), state.life)),
        };
        state.deaths.push(death);
        state.down
    }

    fn signal(&self, signal: Signal) -> bool {
        let state = self.state();
        state.pid.is_some_and(|pid| kill(pid, signal).is_ok())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
