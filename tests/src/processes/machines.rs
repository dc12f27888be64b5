//! The machines that really live on this computer, as the kernel tells.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The agent's program inside a machine: a process of this computer's, a pod.
const AGENTS: [&str; 2] = ["/run/qingjiao.agent", "/.qingjiao/agent"];

/// A living machine: its agent, which is process 1 inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveMachine {
    /// The sandbox's id.
    pub sandbox: String,
    /// The machine's name.
    pub machine: String,
    /// Its incarnation.
    pub incarnation: String,
    /// The agent's process id on this computer.
    pub pid: i32,
}

impl LiveMachine {
    /// Every machine of a region.
    #[must_use]
    pub fn all(region: &str) -> Vec<Self> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let prefix = format!("{region}-");
        pids.filter_map(Self::at).filter(|machine| machine.sandbox.starts_with(&prefix)).collect()
    }

    /// Whether it still lives.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        Self::at(self.pid).as_ref() == Some(self)
    }

    /// What it has mounted at a path: device, and folder on it. None when nothing is.
    #[must_use]
    pub fn mounted_at(&self, path: &str) -> Option<String> {
        let mounts = std::fs::read_to_string(format!("/proc/{}/mountinfo", self.pid)).ok()?;
        let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        // See proc(5): id, parent, device, root on it, mount point.
        let mut at_path = fields.filter(|fields| fields.get(4) == Some(&path));
        at_path.next_back().and_then(|fields| Some(format!("{} {}", fields.get(2)?, fields.get(3)?)))
    }

    /// Ends it at once.
    pub fn kill(&self) {
        if self.is_alive() {
            // It may have ended by itself meanwhile.
            let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
    }

    fn at(pid: i32) -> Option<Self> {
        let folder = Path::new("/proc").join(pid.to_string());
        let bytes = std::fs::read(folder.join("cmdline")).ok()?;
        let arguments: Vec<_> = bytes.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        if !AGENTS.contains(&arguments.first()?.as_ref()) || !is_first_inside(&folder) {
            return None;
        }
        let of = |option: &str| {
            let pair = arguments.windows(2).find(|pair| pair[0] == option)?;
            Some(pair[1].clone().into_owned())
        };
        let (sandbox, machine) = (of("--sandbox")?, of("--machine")?);
        Some(Self { sandbox, machine, incarnation: of("--incarnation")?, pid })
    }
}

/// A child that the agent has forked looks like it until it becomes another program.
fn is_first_inside(folder: &Path) -> bool {
    let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
    let inside = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    inside.is_some_and(|numbers| numbers.split_whitespace().next_back() == Some("1"))
}
