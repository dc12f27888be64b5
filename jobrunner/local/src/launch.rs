//! Starting a machine's processes so that they outlive all of ours.
//!
//! The chain is `timeout` (the machine's own deadline) → `bwrap` → agent, in a session of its own. Each ends with the
//! one before it, so ending the first ends the machine, and none of them is tied to this process.
//!
//! The fence's lock is the chain's standard input until the chain has written down who it is. Whoever holds the fence
//! therefore knows: either the process file names the chain, or nothing was started.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::fence::Fence;
use crate::files;
use crate::process::Process;

/// Most processes and threads of a machine.
pub(crate) const TASKS_MAX: u64 = 1024;

/// Who the chain is: the line of `/proc/PID/stat` that it wrote itself.
const PROCESS_FILE: &str = "process";
/// What bubblewrap says: the agent's process id, and its exit code at the end.
pub(crate) const STATUS_FILE: &str = "status";
/// What bubblewrap and the agent write.
pub(crate) const LOG_FILE: &str = "log";

/// Closes what was inherited, enters the control groups, lowers the limits, says who it is, becomes the chain.
const SCRIPT: &str = r#"
for open in /proc/$$/fd/*; do open=${open##*/}; if (( open > 2 )); then eval "exec $open>&-"; fi; done
status=$1 tasks=$2; shift 2
while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 1; shift; done; shift
ulimit -c 0
ulimit -n 16384 2>/dev/null
[ "$tasks" = any ] || ulimit -u "$tasks"
echo 500 >/proc/$$/oom_score_adj
read -r line </proc/$$/stat && echo "$line" && exec "$@" </dev/null 3>"$status" >&2
"#;

/// What is to be started.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    pub(crate) folder: &'a Path,
    /// Run as this user; none to stay who we are.
    pub(crate) uid: Option<u32>,
    pub(crate) deadline_s: u64,
    pub(crate) groups: &'a [std::path::PathBuf],
    pub(crate) command: Vec<OsString>,
}

impl Launch<'_> {
    /// Starts the chain and waits until it has said who it is. Gives the fence up.
    pub(crate) fn start(self, fence: Fence, fence_path: &Path) -> io::Result<()> {
        let process = File::create(self.folder.join(PROCESS_FILE))?;
        let log = OpenOptions::new().create(true).append(true).open(self.folder.join(LOG_FILE))?;
        let mut command = Command::new("setsid");
        command.args(["--fork", "bash", "--norc", "--noprofile", "-p", "-c", SCRIPT, "machine"]);
        command.arg(self.folder.join(STATUS_FILE)).arg(self.tasks()).args(self.groups).arg("--");
        command.args(self.chain()).current_dir("/");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::from(fence.share()?)).stdout(process).stderr(log);
        let forked = command.status()?;
        drop(command);
        drop(fence);
        // Free again once the chain is itself, or has failed.
        drop(files::lock(fence_path)?);
        match started(self.folder)? {
            Some(_) if forked.success() => Ok(()),
            _ => {
                Err(io::Error::other(format!("the machine could not be started: {}", last_line(self.folder))))
            }
        }
    }

    fn tasks(&self) -> String {
        self.uid.map_or_else(|| "any".to_owned(), |_| TASKS_MAX.to_string())
    }

    fn chain(&self) -> Vec<OsString> {
        let mut chain: Vec<OsString> = Vec::new();
        if let Some(uid) = self.uid {
            let user = [format!("--reuid={uid}"), format!("--regid={uid}")];
            chain.push("setpriv".into());
            chain.extend(user.map(OsString::from));
            chain.extend(["--clear-groups", "--inh-caps=-all", "--no-new-privs"].map(OsString::from));
        }
        chain.extend(["timeout", "--signal=KILL"].map(OsString::from));
        chain.push(self.deadline_s.max(1).to_string().into());
        chain.extend(self.command.iter().cloned());
        chain
    }
}

/// The chain of a machine's folder, once it has said who it is; it may have ended since.
pub(crate) fn started(folder: &Path) -> io::Result<Option<Process>> {
    let text = files::found(fs::read_to_string(folder.join(PROCESS_FILE)))?;
    Ok(text.as_deref().filter(|text| text.ends_with('\n')).and_then(|text| Process::parse(text.trim_end())))
}

fn last_line(folder: &Path) -> String {
    let log = fs::read_to_string(folder.join(LOG_FILE)).unwrap_or_default();
    log.lines().last().unwrap_or("it said nothing").to_owned()
}
