//! Real programs that pull: where they lie, and how they run without a trace on this computer.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use nix::unistd::geteuid;
use tokio::process::Command;
use tokio::time::timeout;

/// How long one run of a program may take.
pub(super) const RUN_MAX: Duration = Duration::from_secs(60);
/// In mounts of its own, so that what programs always write as root to these folders is gone with them.
const PRIVATELY: &str = "mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /run && exec \"$@\"";

/// The folders of the programs.
#[derive(Debug)]
pub(super) struct Tools {
    /// containerd 2 and its `ctr`.
    pub(super) containerd_2: PathBuf,
    pub(super) crane: PathBuf,
    pub(super) conformance: PathBuf,
    /// Debian's containerd with its `ctr`, skopeo and buildah in `bin`; their libraries in `lib`.
    pub(super) clients: PathBuf,
    /// The authorities that the programs trust, instead of the system's.
    pub(super) ca_file: Option<PathBuf>,
}

impl Tools {
    /// Builds what is missing, which takes minutes the first time.
    pub(super) async fn ready() -> anyhow::Result<Self> {
        ensure!(
            geteuid().is_root(),
            "containerd and buildah unpack images as root only: run this test as root"
        );
        let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR").context("run this test by cargo")?;
        let script = Path::new(&crate_folder).join("mirror/tools");
        let output = Command::new(&script).stdin(Stdio::null()).kill_on_drop(true).output().await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} failed: {errors}", script.display());
        let text = String::from_utf8(output.stdout)?;
        let path = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once('='));
            let found = lines.find_map(|(key, path)| (key == name).then(|| PathBuf::from(path)));
            found.with_context(|| format!("{} names no {name}", script.display()))
        };
        Ok(Self {
            containerd_2: path("containerd-2")?,
            crane: path("crane")?,
            conformance: path("conformance")?,
            clients: path("clients")?,
            ca_file: None,
        })
    }

    /// A command that runs a program in mounts of its own, which ends when this test does.
    pub(super) fn command(&self, program: &Path, scratch: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "unshare", "--mount", "sh", "-c", PRIVATELY, "sh"]).arg(program);
        command.env("LD_LIBRARY_PATH", self.clients.join("lib"));
        command.env("TMPDIR", scratch).env("HOME", scratch).current_dir(scratch);
        command.stdin(Stdio::null()).kill_on_drop(true);
        if let Some(ca_file) = &self.ca_file {
            command.env("SSL_CERT_FILE", ca_file);
        }
        command
    }
}

/// Runs a command to its end; answers what it printed.
pub(super) async fn run(mut command: Command) -> anyhow::Result<String> {
    let output = timeout(RUN_MAX, command.output()).await.with_context(|| format!("{command:?}"))??;
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}\n{text}{errors}", output.status);
    Ok(text.into_owned())
}
