//! A containerd of a test, in a folder of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::time::timeout;

use super::process::end;
use super::tools::{Tools, run};

const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
/// Each namespace fetches for itself, so that one daemon is as good as a new node for each.
const CONFIG: &str = r#"version = 2
root = "FOLDER/root"
state = "FOLDER/state"
temp = "FOLDER/temp"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt"]

[grpc]
address = "FOLDER/sock"

[plugins."io.containerd.metadata.v1.bolt"]
content_sharing_policy = "isolated"
"#;

/// A running containerd.
#[derive(Debug)]
pub(super) struct Containerd {
    folder: PathBuf,
    ctr: PathBuf,
    /// What its `pull` is told besides.
    flags: &'static [&'static str],
    child: Child,
}

impl Containerd {
    /// The daemon of `programs` in `folder`, as soon as it answers.
    pub(super) async fn start(
        tools: &Tools,
        programs: &Path,
        folder: PathBuf,
        flags: &'static [&'static str],
    ) -> anyhow::Result<Self> {
        std::fs::create_dir(&folder)?;
        let config = folder.join("config.toml");
        std::fs::write(&config, CONFIG.replace("FOLDER", &folder.display().to_string()))?;
        let log = std::fs::File::create(folder.join("log"))?;
        let mut command = tools.command(&programs.join("containerd"), &folder);
        command.arg("--config").arg(config).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn()?;
        let mut containerd = Self { folder, ctr: programs.join("ctr"), flags, child };
        let deadline = Instant::now() + START_MAX;
        while containerd.ctr(tools, "default", &["version"]).await.is_err() {
            if let Some(status) = containerd.child.try_wait()? {
                bail!("containerd ended: {status}\n{}", containerd.log());
            }
            ensure!(Instant::now() < deadline, "containerd does not answer in time\n{}", containerd.log());
            tokio::time::sleep(POLL).await;
        }
        Ok(containerd)
    }

    /// Pulls and unpacks an image into a namespace; answers the list of that namespace's images.
    pub(super) async fn pull(
        &self,
        tools: &Tools,
        hosts: &Path,
        image: &str,
        namespace: &str,
    ) -> anyhow::Result<String> {
        let hosts = hosts.display().to_string();
        let mut arguments = vec!["images", "pull", "--snapshotter", "native", "--hosts-dir", &hosts];
        arguments.extend(self.flags);
        arguments.push(image);
        self.ctr(tools, namespace, &arguments).await?;
        self.ctr(tools, namespace, &["images", "list"]).await
    }

    /// Ends it.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id() {
            kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
        }
        timeout(STOP_MAX, self.child.wait()).await??;
        Ok(())
    }

    async fn ctr(&self, tools: &Tools, namespace: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = tools.command(&self.ctr, &self.folder);
        command
            .arg("--address")
            .arg(self.folder.join("sock"))
            .args(["--namespace", namespace])
            .args(arguments);
        run(command).await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Containerd {
    /// The folder can go only when nobody writes into it.
    fn drop(&mut self) {
        end(&mut self.child);
    }
}
