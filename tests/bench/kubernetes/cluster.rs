//! The cluster of this benchmark alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, ensure};

/// Its name, so that it lives beside a developer's.
const ID: &str = "bench";
const PROGRAM: &str = "tests/cluster/cluster";
const PUSH_AGENT: &str = "tests/bench/kubernetes/push-agent";

/// A running cluster, stopped when this is dropped.
#[derive(Debug)]
pub(super) struct Cluster {
    home: PathBuf,
    kubeconfig: PathBuf,
    is_running: bool,
}

impl Cluster {
    /// Builds what is missing, and starts it with some simulated nodes.
    pub(super) fn start(fake_nodes: usize) -> anyhow::Result<Self> {
        // Where scripts/bench runs this, and not where it was built: build results are shared between clones.
        let home = std::env::current_dir()?;
        ensure!(home.join(PROGRAM).is_file(), "run this by `make bench`: there is no {PROGRAM} here");
        let mut cluster = Self { home, kubeconfig: PathBuf::new(), is_running: true };
        cluster.run(&["start"])?;
        cluster.kubeconfig = cluster.run(&["kubeconfig"])?.trim().into();
        cluster.run(&["fake-nodes", &fake_nodes.to_string()])?;
        Ok(cluster)
    }

    /// Puts the agent into its registry; the image's name for pods.
    pub(super) fn push_agent(&self) -> anyhow::Result<String> {
        let agent = std::env::var_os("QINGJIAO_AGENT").context("QINGJIAO_AGENT does not name the agent")?;
        let mut command = Command::new(self.home.join(PUSH_AGENT));
        Ok(said(command.arg(agent).env("CLUSTER_ID", ID).output()?, PUSH_AGENT)?.trim().to_owned())
    }

    /// Where its API server writes down every request.
    pub(super) fn audit_log(&self) -> PathBuf {
        self.kubeconfig.with_file_name("log").join("audit.log")
    }

    /// A command that will run in its network.
    pub(super) fn inside(&self, program: &Path) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(self.home.join(PROGRAM));
        command.arg("enter").arg(program).env("CLUSTER_ID", ID);
        command
    }

    /// Ends and removes it.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        self.is_running = false;
        self.run(&["stop"]).map(drop)
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(self.home.join(PROGRAM));
        said(command.args(arguments).env("CLUSTER_ID", ID).output()?, &arguments.join(" "))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.is_running {
            // After an error, which is the one to tell of.
            let _ = self.run(&["stop"]);
        }
    }
}

fn said(output: Output, what: &str) -> anyhow::Result<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{what}: {}\n{}", output.status, text(&output.stderr));
    Ok(text(&output.stdout))
}
