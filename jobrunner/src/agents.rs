//! Speaking to agents: readiness, state and personalising.

mod client;

use std::time::Duration;

use async_trait::async_trait;
use domain::cause::Code;
use domain::plan::Probe;
use domain::provider::Exit;
use domain::template::{self, AppKind, Ready};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::context::Door;

/// The doors into machines. A trait, so that a simulation needs no sockets.
#[async_trait]
pub trait Agents: Send + Sync + std::fmt::Debug {
    /// Whether the machine's main program runs and its readiness condition holds.
    async fn probe(&self, door: &Door, machine: &template::Machine) -> Probe;

    /// Runs the personalising command with parameters and secrets as files.
    ///
    /// # Errors
    /// What went wrong, for people, without secrets.
    async fn bind(&self, door: &Door, bind: &template::Bind, given: Given) -> Result<(), String>;
}

/// What a personalising command is given.
#[derive(Clone, Default)]
pub struct Given {
    /// Not secret.
    pub parameters: std::collections::BTreeMap<String, Value>,
    /// Secret.
    pub secrets: std::collections::BTreeMap<String, String>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

/// Agents over HTTP/1.1 on a Unix or TCP socket (docs/protocols.md, section 2).
#[derive(Clone, Debug)]
pub struct HttpAgents {
    /// Longest wait for one answer.
    pub probe_timeout: Duration,
}

/// Answer of `GET /state`.
#[derive(Debug, Deserialize)]
struct MainProgram {
    running: bool,
    #[serde(default)]
    exit_code: Option<i32>,
    #[serde(default)]
    signal: Option<i32>,
    #[serde(default)]
    out_of_memory: bool,
    #[serde(default)]
    last_lines: Vec<String>,
}

/// Answer of `POST /probe`.
#[derive(Debug, Deserialize)]
struct Probed {
    passed: bool,
}

/// Answer of `POST /bind`.
#[derive(Debug, Deserialize)]
struct Bound {
    exit_code: Option<i32>,
    #[serde(default)]
    timed_out: bool,
    #[serde(default)]
    stderr: String,
}

#[async_trait]
impl Agents for HttpAgents {
    async fn probe(&self, door: &Door, machine: &template::Machine) -> Probe {
        let state = client::ask::<MainProgram>(door, client::get("/state"), self.probe_timeout).await;
        match state {
            Ok(state) if state.running => self.ready(door, machine).await,
            Ok(MainProgram { exit_code, signal, out_of_memory, last_lines, .. }) => {
                let cause = out_of_memory.then_some(Code::OutOfMemory);
                Probe::Exited(Exit { exit_code, signal, last_lines, cause })
            }
            Err(_) => Probe::NotYet,
        }
    }

    async fn bind(&self, door: &Door, bind: &template::Bind, given: Given) -> Result<(), String> {
        let parameters: Map<_, _> = given.parameters.into_iter().collect();
        let is_secret = !given.secrets.is_empty();
        let body = json!({"command": bind.command, "parameters": parameters, "secrets": given.secrets, "deadline_s": bind.deadline_s});
        let longest = Duration::from_secs(bind.deadline_s) + self.probe_timeout;
        let bound: Bound = client::ask(door, client::post("/bind", body), longest).await?;
        match bound {
            Bound { exit_code: Some(0), .. } => Ok(()),
            Bound { timed_out: true, .. } => Err(format!("took longer than {} s", bind.deadline_s)),
            Bound { exit_code, stderr, .. } => Err(why(exit_code, &stderr, is_secret)),
        }
    }
}

impl HttpAgents {
    async fn ready(&self, door: &Door, machine: &template::Machine) -> Probe {
        let Some(condition) = machine.ready.as_ref().and_then(|ready| condition(ready, machine)) else {
            return Probe::Passed;
        };
        let mut body = condition;
        body["timeout_ms"] = json!(u64::try_from(self.probe_timeout.as_millis()).unwrap_or(u64::MAX));
        match client::ask::<Probed>(door, client::post("/probe", body), self.probe_timeout * 2).await {
            Ok(Probed { passed: true }) => Probe::Passed,
            Ok(Probed { passed: false }) | Err(_) => Probe::NotYet,
        }
    }
}

/// A template's condition as the agent's request; the app's name becomes its port.
fn condition(ready: &Ready, machine: &template::Machine) -> Option<Value> {
    match ready {
        Ready::Http(http) => {
            let app = machine.apps.iter().find(|app| app.name == http.app && app.kind == AppKind::Http)?;
            Some(json!({"http": {"port": app.port?, "path": http.path, "status": http.status}}))
        }
        Ready::Tcp(tcp) => Some(json!({"tcp": {"port": tcp.port}})),
        Ready::Command(command) => Some(json!({"command": command})),
    }
}

/// What a command that failed says for itself, unless it was given secrets: nobody knows what it does with them, and a
/// cause is shown, stored and sent as an event.
fn why(exit_code: Option<i32>, stderr: &str, is_secret: bool) -> String {
    let ended = exit_code.map_or("ended by a signal".to_owned(), |code| format!("exit code {code}"));
    if is_secret {
        return format!("{ended}; what it said is not shown, because it was given secrets");
    }
    format!("{ended}: {}", last_line(stderr))
}

fn last_line(text: &str) -> String {
    const CHARACTERS_MAX: usize = 200;
    text.lines().last().unwrap_or_default().chars().take(CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_that_had_secrets_is_not_quoted() {
        assert_eq!(why(Some(3), "first\nno such file", false), "exit code 3: no such file");
        assert_eq!(why(None, "", false), "ended by a signal: ");
        let kept = why(Some(3), "fatal: token hunter2 refused", true);
        assert!(kept.starts_with("exit code 3;") && !kept.contains("hunter2"), "{kept}");
    }
}
