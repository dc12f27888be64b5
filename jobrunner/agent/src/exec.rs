//! `POST /exec`: runs a command and answers when it has ended, or line by line as it runs.

mod stream;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;

use crate::command::{End, Execution, Limits};
use crate::door::Agent;
use crate::problem::{Answer, Problem, json};

/// How many commands may run at once.
pub(crate) const EXECS_MAX: usize = 32;
const TIMEOUT_DEFAULT_S: u64 = 60;
const TIMEOUT_MAX_S: u64 = 3600;
const OUTPUT_DEFAULT_BYTES: usize = 1024 * 1024;
const OUTPUT_MAX_BYTES: usize = 16 * 1024 * 1024;
const NDJSON: &str = "application/x-ndjson";

/// What to run and how long.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    argv: Vec<String>,
    stdin: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    cwd: Option<String>,
    timeout_s: Option<u64>,
    output_limit_bytes: Option<usize>,
}

/// How it went.
#[derive(Debug, Serialize)]
pub(crate) struct Response {
    #[serde(flatten)]
    finish: Finish,
    stdout: String,
    stderr: String,
    duration_ms: u64,
}

/// The part of the answer that both forms share.
#[derive(Debug, Serialize)]
struct Finish {
    exit_code: Option<i32>,
    signal: Option<i32>,
    timed_out: bool,
    truncated: bool,
}

impl From<End> for Finish {
    fn from(end: End) -> Self {
        Self {
            exit_code: end.ended.exit_code,
            signal: end.ended.signal,
            timed_out: end.timed_out,
            truncated: end.truncated,
        }
    }
}

/// The endpoint.
pub(crate) async fn handle(agent: &Agent, headers: &HeaderMap, request: Request) -> Answer {
    let limits = limits(&request)?;
    let permit = permit(agent)?;
    let command = agent.place.command(&request.argv, request.cwd.as_deref(), &request.env)?;
    let stdin = request.stdin.unwrap_or_default().into_bytes();
    let execution = start(agent, command, stdin, limits)?;
    if wants_stream(headers) {
        return Ok(stream::response(execution, permit));
    }
    Ok(json(StatusCode::OK, &finish(execution).await))
}

/// Starts a command for an endpoint; a program that isn't there is the caller's mistake.
pub(crate) fn start(
    agent: &Agent,
    command: std::process::Command,
    stdin: Vec<u8>,
    limits: Limits,
) -> Result<Execution, Problem> {
    let program = command.get_program().to_string_lossy().into_owned();
    Execution::start(&agent.reaper, command, stdin, limits).map_err(|error| {
        let detail = format!("cannot start {}: {error}", program.escape_debug());
        Problem::new(StatusCode::BAD_REQUEST, "command_failed", detail)
    })
}

/// Waits for the end of a command.
pub(crate) async fn finish(execution: Execution) -> Response {
    let (stdout, stderr, end) = execution.collect().await;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Response { finish: end.into(), stdout: text(stdout), stderr: text(stderr), duration_ms: end.duration_ms }
}

/// The right to run one more command.
pub(crate) fn permit(agent: &Agent) -> Result<OwnedSemaphorePermit, Problem> {
    let full = |_| Problem::too_many(format!("{EXECS_MAX} commands run already: wait for one to end"));
    agent.execs.clone().try_acquire_owned().map_err(full)
}

fn limits(request: &Request) -> Result<Limits, Problem> {
    let timeout_s = request.timeout_s.unwrap_or(TIMEOUT_DEFAULT_S);
    if !(1..=TIMEOUT_MAX_S).contains(&timeout_s) {
        return Err(Problem::bad_request(format!("timeout_s must be from 1 to {TIMEOUT_MAX_S}")));
    }
    let output_limit_bytes = request.output_limit_bytes.unwrap_or(OUTPUT_DEFAULT_BYTES);
    if output_limit_bytes > OUTPUT_MAX_BYTES {
        return Err(Problem::bad_request(format!("output_limit_bytes must be at most {OUTPUT_MAX_BYTES}")));
    }
    Ok(Limits { timeout: Duration::from_secs(timeout_s), output_limit_bytes })
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains(NDJSON))
}

#[cfg(test)]
mod tests;
