//! `POST /v1/sandboxes/{id}/exec`

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::id::SandboxId;
use domain::token::Verb;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::agent::{self, door};
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::limits::{EXEC_MARGIN, EXEC_TIMEOUT_S_MAX};
use crate::path::Named;
use crate::problem::{Kind, Problem, ProblemBody};

const NDJSON: &str = "application/x-ndjson";

/// A command to run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exec {
    /// The machine; the first when absent.
    #[serde(default)]
    machine: Option<String>,
    /// Command and arguments.
    argv: Vec<String>,
    /// What it reads.
    #[serde(default)]
    stdin: Option<String>,
    /// Added to its environment.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Where it runs; the home when absent.
    #[serde(default)]
    cwd: Option<String>,
    /// Seconds after which it is killed, 3600 at most.
    #[serde(default = "default_timeout_s")]
    timeout_s: u64,
    /// Output kept of each stream.
    #[serde(default = "default_output_limit_bytes")]
    output_limit_bytes: u64,
}

const fn default_timeout_s() -> u64 {
    60
}

const fn default_output_limit_bytes() -> u64 {
    1024 * 1024
}

/// How a command ended.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the agent writes it; here it is only described")]
pub(crate) struct ExecResult {
    /// Its exit code; null when a signal ended it.
    exit_code: Option<i32>,
    /// The signal that ended it.
    signal: Option<i32>,
    /// Whether it was killed for its time.
    timed_out: bool,
    /// Whether output is missing.
    truncated: bool,
    /// Its output.
    stdout: String,
    /// Its errors.
    stderr: String,
    /// How long it ran.
    duration_ms: u64,
}

/// What the agent is asked.
#[derive(Serialize)]
struct AgentExec<'a> {
    argv: &'a [String],
    stdin: Option<&'a str>,
    env: &'a BTreeMap<String, String>,
    cwd: Option<&'a str>,
    timeout_s: u64,
    output_limit_bytes: u64,
}

/// Runs a command in a machine. One object when it has ended; with `Accept: application/x-ndjson` lines as it
/// runs. It counts as activity.
#[utoipa::path(
    post, path = "/v1/sandboxes/{id}/exec", operation_id = "sandbox_exec", tag = "sandboxes",
    params(("id" = String, Path, description = "The sandbox")),
    request_body = Exec,
    responses(
        (status = 200, body = ExecResult),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<SandboxId>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Problem> {
    let exec: Exec = sent.read()?;
    check(&exec)?;
    let sandbox = api.sandbox(&caller, &id).await?;
    let door = door(&api, &sandbox, exec.machine.as_deref(), Verb::Exec)?;
    api.store.activity().touch(&id).await?;
    let limit = Duration::from_secs(exec.timeout_s) + EXEC_MARGIN;
    let answer = timeout(limit, agent::call(&door, request(&exec, &headers)?)).await;
    let answer =
        answer.map_err(|_| Problem::new(Kind::MachineUnreachable).because("no answer to exec"))??;
    if !answer.status().is_success() {
        return Err(agent::refusal(answer).await);
    }
    Ok(passed_on(answer))
}

fn check(exec: &Exec) -> Result<(), Problem> {
    if exec.argv.is_empty() {
        return Err(Problem::field("argv", "is empty", "a command and its arguments"));
    }
    if !(1..=EXEC_TIMEOUT_S_MAX).contains(&exec.timeout_s) {
        let message = format!("is {}", exec.timeout_s);
        return Err(Problem::field("timeout_s", message, format!("1 to {EXEC_TIMEOUT_S_MAX}")));
    }
    Ok(())
}

fn request(exec: &Exec, headers: &HeaderMap) -> Result<Request<Body>, Problem> {
    let asked = AgentExec {
        argv: &exec.argv,
        stdin: exec.stdin.as_deref(),
        env: &exec.env,
        cwd: exec.cwd.as_deref(),
        timeout_s: exec.timeout_s,
        output_limit_bytes: exec.output_limit_bytes,
    };
    let internal = |error: &dyn std::fmt::Display| Problem::new(Kind::Internal).because(error);
    let body = serde_json::to_vec(&asked).map_err(|error| internal(&error))?;
    let lines = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(NDJSON.as_bytes()));
    Request::post("/exec")
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, if lines { NDJSON } else { "application/json" })
        .body(Body::from(body))
        .map_err(|error| internal(&error))
}

fn passed_on(answer: agent::Answer) -> Response {
    let fallback = HeaderValue::from_static("application/json");
    let content_type = answer.headers().get(CONTENT_TYPE).cloned().unwrap_or(fallback);
    let mut response = Response::new(Body::new(answer.into_body()));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
