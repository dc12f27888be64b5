//! The program `region` as an operator calls it.

use std::process::{Output, Stdio};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::NamedTempFile;
use tests::cluster::Pods;
use tokio::process::{Child, Command};

/// A configuration, and what it is called with.
#[derive(Debug)]
pub(super) struct Call {
    configuration: toml::Table,
}

/// A call that has not ended.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    _file: NamedTempFile,
}

/// What it said.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) success: bool,
    pub(super) text: String,
    checks: Vec<Value>,
}

impl Call {
    pub(super) fn new(pods: &Pods) -> Self {
        Self { configuration: pods.configuration().parse().unwrap() }
    }

    /// Changes a field of the section `kubernetes`.
    pub(super) fn set(mut self, field: &str, value: &str) -> Self {
        let mut section = self.configuration["kubernetes"].as_table_mut().unwrap();
        let (parent, name) =
            field.split_once('.').map_or((None, field), |(parent, name)| (Some(parent), name));
        if let Some(parent) = parent {
            let empty = toml::Value::Table(toml::Table::new());
            section = section.entry(parent).or_insert(empty).as_table_mut().unwrap();
        }
        section.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn starts(&self, arguments: &[&str]) -> anyhow::Result<Running> {
        let file = NamedTempFile::new()?;
        std::fs::write(file.path(), self.configuration.to_string())?;
        let own = std::env::current_exe()?;
        let programs = own.ancestors().nth(2).context("this test's program lies in no folder")?;
        let mut command = Command::new(programs.join("testing-region"));
        command.args(["--json", "doctor", "--cluster"]).arg(file.path()).args(arguments);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Running { child: command.kill_on_drop(true).spawn()?, _file: file })
    }

    pub(super) async fn runs(&self, arguments: &[&str]) -> anyhow::Result<Found> {
        Ok(Found::of(&self.starts(arguments)?.child.wait_with_output().await?))
    }
}

impl Running {
    pub(super) async fn interrupted(self) -> anyhow::Result<Found> {
        let pid = i32::try_from(self.child.id().context("it has ended")?)?;
        kill(Pid::from_raw(pid), Signal::SIGINT)?;
        Ok(Found::of(&self.child.wait_with_output().await?))
    }
}

impl Found {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let checks = said["checks"].as_array().cloned().unwrap_or_default();
        Self { success: output.status.success(), text: text(&output.stdout) + &text(&output.stderr), checks }
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.checks.iter().filter_map(|check| check["name"].as_str()).collect()
    }

    pub(super) fn bad(&self) -> Vec<&Value> {
        self.checks.iter().filter(|check| check["mark"] == "bad").collect()
    }
}

/// What was made for trial and is there.
pub(super) async fn marked(pods: &Pods) -> anyhow::Result<String> {
    let kinds = "pods,persistentvolumeclaims,networkpolicies";
    pods.kubectl(&["get", kinds, "--selector", "qingjiao.io/doctor", "--output", "name"]).await
}
