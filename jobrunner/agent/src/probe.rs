//! `POST /probe`: is an app there? Asked from inside the machine, the way a student's connection arrives.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::command::Limits;
use crate::connect;
use crate::door::Agent;
use crate::exec;
use crate::problem::{Answer, Problem, json};

const TIMEOUT_DEFAULT_MS: u64 = 1000;
const TIMEOUT_MAX_MS: u64 = 60_000;
const OUTPUT_MAX_BYTES: usize = 4096;
const DETAIL_MAX_CHARS: usize = 300;

/// One of the three kinds of probe.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    http: Option<Http>,
    tcp: Option<Tcp>,
    command: Option<Vec<String>>,
    timeout_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Http {
    port: u16,
    #[serde(default = "root")]
    path: String,
    #[serde(default = "ok")]
    status: u16,
}

#[derive(Debug, Deserialize)]
struct Tcp {
    port: u16,
}

fn root() -> String {
    "/".to_owned()
}

fn ok() -> u16 {
    200
}

#[derive(Serialize)]
struct Verdict {
    passed: bool,
    detail: String,
}

/// The endpoint.
pub(crate) async fn handle(agent: &Agent, request: Request) -> Answer {
    let timeout_ms = request.timeout_ms.unwrap_or(TIMEOUT_DEFAULT_MS);
    if !(1..=TIMEOUT_MAX_MS).contains(&timeout_ms) {
        return Err(Problem::bad_request(format!("timeout_ms must be from 1 to {TIMEOUT_MAX_MS}")));
    }
    let limit = Duration::from_millis(timeout_ms);
    let result = match (request.http, request.tcp, request.command) {
        (Some(http), None, None) => timeout(limit, probe_http(&http)).await,
        (None, Some(tcp), None) => timeout(limit, probe_tcp(tcp.port)).await,
        (None, None, Some(argv)) => Ok(probe_command(agent, &argv, limit).await?),
        _ => return Err(Problem::bad_request("give exactly one of http, tcp and command")),
    };
    let result = result.unwrap_or_else(|_| Err(format!("no answer within {timeout_ms} ms")));
    let verdict = Verdict { passed: result.is_ok(), detail: result.err().unwrap_or_default() };
    Ok(json(StatusCode::OK, &verdict))
}

async fn probe_tcp(port: u16) -> Result<(), String> {
    connect::loopback(port).await.map(drop).map_err(|error| format!("port {port}: {error}"))
}

async fn probe_http(probe: &Http) -> Result<(), String> {
    let stream =
        connect::loopback(probe.port).await.map_err(|error| format!("port {}: {error}", probe.port))?;
    let status = get(stream, probe).await?;
    if status.as_u16() == probe.status {
        return Ok(());
    }
    Err(format!("{} answered {}, expected {}", probe.path, status.as_u16(), probe.status))
}

async fn get(stream: TcpStream, probe: &Http) -> Result<StatusCode, String> {
    let text = |error: &dyn std::error::Error| format!("{}: {error}", probe.path);
    let request = http::Request::get(&probe.path)
        .header(header::HOST, format!("127.0.0.1:{}", probe.port))
        .header(header::USER_AGENT, "qingjiao-probe")
        .body(Empty::<Bytes>::new())
        .map_err(|error| text(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| text(&error))?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| text(&error))?;
    Ok(response.status())
}

async fn probe_command(
    agent: &Agent,
    argv: &[String],
    limit: Duration,
) -> Result<Result<(), String>, Problem> {
    let _permit = exec::permit(agent)?;
    let command = agent.place.command(argv, None, &BTreeMap::new())?;
    let limits = Limits { timeout: limit, output_limit_bytes: OUTPUT_MAX_BYTES };
    let execution = match exec::start(agent, command, Vec::new(), limits) {
        Ok(execution) => execution,
        Err(problem) => return Ok(Err(problem.detail)),
    };
    let (stdout, stderr, end) = execution.collect().await;
    if end.ended.exit_code == Some(0) {
        return Ok(Ok(()));
    }
    if end.timed_out {
        return Ok(Err(format!("no end within {} ms", limit.as_millis())));
    }
    let output = if stderr.is_empty() { stdout } else { stderr };
    let output: String = String::from_utf8_lossy(&output).trim_end().chars().take(DETAIL_MAX_CHARS).collect();
    let how = end.ended.exit_code.map_or("killed by a signal".to_owned(), |code| format!("exit code {code}"));
    Ok(Err(format!("{how}: {output}")))
}

#[cfg(test)]
mod tests;
