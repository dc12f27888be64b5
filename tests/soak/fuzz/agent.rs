//! The agent's door and its terminal's frames, in a real machine, with a token that is right.

use std::path::Path;

use anyhow::{Context as _, ensure};
use domain::token::Verb;
use futures_util::SinkExt as _;
use tests::outside::{Door, Region, Student};
use tokio::net::UnixStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::raw::{check, exchange};
use crate::mutate::Mutator;

/// Its sandbox's ref.
pub(super) const REF: &str = "fuzzed-agent";
/// Of the inputs, one in this many is a whole WebSocket with frames.
const INPUTS_PER_SOCKET: usize = 10;
const FRAMES_PER_SOCKET: usize = 20;
const FRAMES: [&str; 4] = [
    r#"{"t":"attach","client":"c1","incarnation":null,"seen":0,"cols":80,"rows":24}"#,
    r#"{"t":"resize","cols":100,"rows":30}"#,
    r#"{"t":"seen","offset":12}"#,
    "\0\0\0\0\0\0\0\u{1}echo\n",
];
/// Bodies of requests that are right, after `METHOD /path`; none of them does harm, however it is changed.
const REQUESTS: [(&str, &str); 7] = [
    ("POST /probe", r#"{"tcp":{"port":1},"timeout_ms":10}"#),
    ("POST /probe", r#"{"http":{"port":8888,"path":"/api","status":200},"timeout_ms":10}"#),
    (
        "POST /exec",
        r#"{"argv":["true"],"stdin":null,"env":{},"cwd":null,"timeout_s":1,"output_limit_bytes":1024}"#,
    ),
    ("POST /bind", r#"{"command":["true"],"parameters":{"a":"b"},"secrets":{"c":"d"},"deadline_s":1}"#),
    ("GET /files?path=.", ""),
    ("PUT /files?path=fuzzed", "hello"),
    ("CONNECT 127.0.0.1:1", ""),
];

/// A machine's agent.
#[derive(Debug)]
pub(super) struct Agent {
    student: Student,
    door: Door,
    samples: Vec<Vec<u8>>,
}

impl Agent {
    pub(super) async fn start(region: &Region, state: &Path) -> anyhow::Result<Self> {
        let mut platform = region.platform().await?;
        let id = platform.create(REF, "linux-shell").await?;
        platform.phase(&id, "ready").await?;
        let student = Student::enter(region.proxy(), &platform.access(&id, "terminal").await?).await?;
        let verbs = vec![Verb::Connect, Verb::Terminal, Verb::Exec, Verb::Files, Verb::Bind, Verb::Probe];
        let door = Door::to_the_only_machine(state, &id, verbs)?;
        let samples = REQUESTS.iter().map(|(line, body)| request(line, body, &door.token)).collect();
        Ok(Self { student, door, samples })
    }

    pub(super) const fn student(&self) -> &Student {
        &self.student
    }

    pub(super) async fn turn(&mut self, mutator: &mut Mutator, inputs: usize) -> anyhow::Result<()> {
        for input in 0..inputs {
            if input.is_multiple_of(INPUTS_PER_SOCKET) {
                self.frames(mutator).await?;
            }
            let bytes = mutator.changed(&self.samples);
            let answer = exchange(UnixStream::connect(&self.door.socket).await?, &bytes).await;
            check(&answer, &bytes)?;
        }
        self.lives().await
    }

    /// One WebSocket, attached as it should be or not, and changed frames.
    async fn frames(&self, mutator: &mut Mutator) -> anyhow::Result<()> {
        let mut request = "ws://agent/terminal?session=fuzzed".into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("authorization", format!("Bearer {}", self.door.token).parse()?);
        headers.insert("sec-websocket-protocol", "qj.terminal.v1".parse()?);
        let stream = UnixStream::connect(&self.door.socket).await?;
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        if mutator.below(2) == 0 {
            socket.send(Message::text(FRAMES[0])).await?;
        }
        let samples = FRAMES.map(|frame| frame.as_bytes().to_vec());
        for _ in 0..FRAMES_PER_SOCKET {
            let bytes = mutator.changed(&samples);
            let message = match (mutator.below(2), String::from_utf8(bytes)) {
                (0, Ok(text)) => Message::text(text),
                (_, Ok(text)) => Message::binary(text.into_bytes()),
                (_, Err(bytes)) => Message::binary(bytes.into_bytes()),
            };
            if socket.send(message).await.is_err() {
                // It closed on nonsense, as it should.
                break;
            }
        }
        Ok(())
    }

    async fn lives(&self) -> anyhow::Result<()> {
        let stream = UnixStream::connect(&self.door.socket).await.context("the agent has ended")?;
        let answer = exchange(stream, b"GET /healthz HTTP/1.1\r\nHost: agent\r\n\r\n").await;
        let is_well = answer.is_empty() || answer.starts_with(b"HTTP/1.1 200");
        ensure!(is_well, "the agent is not well: {}", String::from_utf8_lossy(&answer));
        Ok(())
    }
}

fn request(line: &str, body: &str, token: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: agent\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\
         Content-Type: application/json\r\n\r\n{body}"
    )
    .into_bytes()
}
