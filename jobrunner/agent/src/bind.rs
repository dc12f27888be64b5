//! `POST /bind`: makes a machine somebody's. Parameters and secrets become files, the template's command reads them,
//! and the secrets' files are removed whatever happened.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::command::Limits;
use crate::door::Agent;
use crate::exec;
use crate::problem::{Answer, Problem, json};

const DEADLINE_DEFAULT_S: u64 = 20;
const DEADLINE_MAX_S: u64 = 600;
const OUTPUT_MAX_BYTES: usize = 64 * 1024;
const NAME_MAX_BYTES: usize = 128;

/// What a machine is told about its owner.
#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(default)]
    secrets: Map<String, Value>,
    deadline_s: Option<u64>,
}

/// The endpoint.
pub(crate) async fn handle(agent: &Agent, request: Request) -> Answer {
    let deadline_s = request.deadline_s.unwrap_or(DEADLINE_DEFAULT_S);
    if !(1..=DEADLINE_MAX_S).contains(&deadline_s) {
        return Err(Problem::bad_request(format!("deadline_s must be from 1 to {DEADLINE_MAX_S}")));
    }
    let _alone = agent.binding.try_lock().map_err(|_| {
        Problem::new(
            StatusCode::CONFLICT,
            "bind_running",
            "another bind runs: wait for its end and send it again",
        )
    })?;
    let _permit = exec::permit(agent)?;
    let folder = agent.place.home.join(".qj/bind");
    let _secrets = Secrets(folder.join("secrets"));
    write_all(&folder, &request)?;
    if request.command.is_empty() {
        return Ok(json(StatusCode::OK, &nothing_ran()));
    }
    let env = BTreeMap::from([("QJ_BIND".to_owned(), folder.to_string_lossy().into_owned())]);
    let command = agent.place.command(&request.command, None, &env)?;
    let limits = Limits { timeout: Duration::from_secs(deadline_s), output_limit_bytes: OUTPUT_MAX_BYTES };
    let execution = exec::start(agent, command, Vec::new(), limits)?;
    Ok(json(StatusCode::OK, &exec::finish(execution).await))
}

/// Removes the secrets' files when the request is over, also when its caller left.
struct Secrets(PathBuf);

impl Drop for Secrets {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write_all(folder: &Path, request: &Request) -> Result<(), Problem> {
    for (kind, entries) in [("parameters", &request.parameters), ("secrets", &request.secrets)] {
        if let Some(name) = entries.keys().find(|name| !is_file_name(name)) {
            let name = name.escape_debug();
            return Err(Problem::bad_request(format!(
                "{kind} has `{name}`: use letters, digits, `_`, `-` and `.`"
            )));
        }
        write_folder(&folder.join(kind), entries).map_err(|error| {
            let detail = format!("cannot write {kind} below home: {}", error.kind());
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "bind_failed", detail)
        })?;
    }
    Ok(())
}

fn write_folder(folder: &Path, entries: &Map<String, Value>) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?,
    }
    for (name, value) in entries {
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name))?;
        match value {
            Value::String(text) => file.write_all(text.as_bytes())?,
            other => file.write_all(other.to_string().as_bytes())?,
        }
    }
    Ok(())
}

fn is_file_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !name.is_empty() && name.len() <= NAME_MAX_BYTES && !name.starts_with('.') && name.bytes().all(plain)
}

fn nothing_ran() -> Value {
    serde_json::json!({"exit_code": 0, "signal": null, "timed_out": false, "truncated": false,
        "stdout": "", "stderr": "", "duration_ms": 0})
}

#[cfg(test)]
mod tests;
