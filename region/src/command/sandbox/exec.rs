//! `region sandbox exec`.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use futures_util::StreamExt as _;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::path;
use crate::api::{Api, Request, read};
use crate::command::{Invocation, pair};
use crate::error::Exit;
use crate::{Error, output};

/// Largest input that is sent along, in bytes: the API's limit for a body.
const STDIN_BYTES_MAX: u64 = 900 * 1024;
/// Longest line of the stream, in bytes.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What to run where.
#[derive(Debug, clap::Args)]
pub struct ExecArgs {
    /// The sandbox's id
    pub id: String,
    /// The machine [default: its first]
    #[arg(long)]
    pub machine: Option<String>,
    /// Longest run, in seconds
    #[arg(long, default_value_t = 60, value_name = "S")]
    pub timeout_s: u64,
    /// Folder to run in [default: the home]
    #[arg(long, value_name = "PATH")]
    pub cwd: Option<String>,
    /// An environment variable; may repeat
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::parse)]
    pub env: Vec<(String, String)>,
    /// Send standard input to the command
    #[arg(long)]
    pub stdin: bool,
    /// The command and its arguments, after --
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub argv: Vec<String>,
}

/// How a command ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ended {
    exit_code: Option<i32>,
    signal: Option<i32>,
    timed_out: bool,
    truncated: bool,
}

/// Runs it; what it writes appears as it is written.
pub(super) async fn run(invocation: &Invocation, args: ExecArgs) -> Result<ExitCode, Error> {
    let api = invocation.connection.api()?;
    let body = args.body()?;
    if invocation.output.json {
        let answer = api.post(&path(&args.id, "/exec"), &body).await?;
        invocation.output.print(&answer, String::new)?;
        return Ok(read::<Ended>("exec", &answer)?.code());
    }
    let ended = stream(&api, &path(&args.id, "/exec"), &body).await?;
    if ended.timed_out {
        invocation.output.remark(&format!("the command took longer than {} s and was ended", args.timeout_s));
    }
    if ended.truncated {
        invocation.output.remark("the command wrote more than is kept; the rest is not shown");
    }
    Ok(ended.code())
}

async fn stream(api: &Api, path: &str, body: &Value) -> Result<Ended, Error> {
    let request = api.request(Method::POST, &Request { path, body: Some(body), ..Request::default() });
    let response = api.send(request.header("accept", "application/x-ndjson")).await?;
    let (mut bytes, mut pending) = (response.bytes_stream(), Vec::new());
    while let Some(chunk) = bytes.next().await {
        pending.extend_from_slice(&chunk.map_err(|error| api.unreachable(&error))?);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            if let Some(ended) = take(&line)? {
                return Ok(ended);
            }
        }
        if pending.len() > LINE_BYTES_MAX {
            return Err(Error::Failed("a line of the answer is too long".to_owned()));
        }
    }
    take(&pending)?
        .ok_or_else(|| Error::Unavailable("the connection ended before the command did".to_owned()))
}

/// Shows a piece of output, or answers how it ended.
fn take(line: &[u8]) -> Result<Option<Ended>, Error> {
    let Ok(message) = serde_json::from_slice::<Value>(line) else { return Ok(None) };
    let data = message["data"].as_str().unwrap_or_default();
    match message["stream"].as_str() {
        Some("stderr") => {
            // Nobody is left to be told that standard error is closed.
            let _ = std::io::stderr().write_all(data.as_bytes());
            Ok(None)
        }
        Some(_) => output::bytes(data.as_bytes()).map(|()| None),
        None if message.get("type").is_some() && message.get("exit_code").is_none() => {
            let status =
                message["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
            Err(crate::problem::Problem::read(status, line, None).into())
        }
        None => read("exec", &message).map(Some),
    }
}

impl Ended {
    /// As a shell tells it: 128 and the signal, 124 when it was ended for its time.
    fn code(&self) -> ExitCode {
        const TIMED_OUT: u8 = 124;
        const SIGNALLED: i32 = 128;
        let code = match (self.timed_out, self.exit_code, self.signal) {
            (true, _, _) => return TIMED_OUT.into(),
            (false, Some(code), _) => code,
            (false, None, Some(signal)) => SIGNALLED + signal,
            (false, None, None) => return Exit::Failed.into(),
        };
        u8::try_from(code & 0xff).map_or_else(|_| Exit::Failed.into(), ExitCode::from)
    }
}

impl ExecArgs {
    /// Only what was given; the region knows the rest.
    fn body(&self) -> Result<Value, Error> {
        let mut body = json!({"argv": self.argv, "timeout_s": self.timeout_s});
        if let Some(machine) = &self.machine {
            body["machine"] = json!(machine);
        }
        if self.stdin {
            body["stdin"] = json!(standard_input()?);
        }
        if let Some(cwd) = &self.cwd {
            body["cwd"] = json!(cwd);
        }
        if !self.env.is_empty() {
            body["env"] = json!(pair::map(&self.env));
        }
        Ok(body)
    }
}

fn standard_input() -> Result<String, Error> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(Error::Usage(
            "--stdin sends what is piped in; for typing, use `region sandbox open`".to_owned(),
        ));
    }
    let mut text = String::new();
    let read = input.lock().take(STDIN_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| Error::Usage(format!("--stdin: {error}; allowed is UTF-8 text")))?;
    if text.len() as u64 > STDIN_BYTES_MAX {
        return Err(Error::Usage(format!(
            "--stdin: at most {STDIN_BYTES_MAX} bytes; copy the file with `region sandbox cp` first"
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> String {
        format!("{:?}", take(line.as_bytes()).unwrap().unwrap().code())
    }

    #[test]
    fn the_end_becomes_an_exit_code_as_in_a_shell() {
        let same = |code: u8| format!("{:?}", ExitCode::from(code));
        assert_eq!(code(r#"{"exit_code":3,"signal":null,"timed_out":false}"#), same(3));
        assert_eq!(code(r#"{"exit_code":null,"signal":9,"timed_out":false}"#), same(137));
        assert_eq!(code(r#"{"exit_code":null,"signal":9,"timed_out":true}"#), same(124));
        assert!(take(br#"{"stream":"stdout","data":""}"#).unwrap().is_none());
    }

    #[test]
    fn a_problem_in_the_stream_is_an_error() {
        let error =
            take(br#"{"type":"machine_unreachable","title":"The machine does not answer.","status":502}"#);
        assert_eq!(error.unwrap_err().exit(), Exit::Unavailable);
    }
}
