//! A terminal page as docs/protocols.md describes it: it numbers what it types, keeps what was not acknowledged, knows
//! how far it has seen, and comes back through the other proxy when its connection is gone or says nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::visitor::Visitor;

/// A connection may be silent for so long before the tab comes back through the other proxy.
const SILENCE_MAX: Duration = Duration::from_millis(2_500);
const CONNECT_MAX: Duration = Duration::from_secs(2);
const BACKOFF: Duration = Duration::from_millis(150);

type Socket = WebSocketStream<TcpStream>;

/// A tab; it survives its connections.
#[derive(Debug)]
pub(super) struct Tab {
    visitor: Visitor,
    client: String,
    proxy: usize,
    incarnation: Option<String>,
    seen: u64,
    unacknowledged: VecDeque<(u64, Vec<u8>)>,
    next_number: u64,
    socket: Option<Socket>,
    heard_at: Instant,
    connected_at: Instant,
    /// Connections that it has had.
    pub(super) connections: u64,
    /// The longest time without a word.
    pub(super) longest_silence: Duration,
}

impl Tab {
    /// A tab that was not opened yet.
    #[must_use]
    pub(super) fn new(visitor: Visitor, client: &str, proxy: usize) -> Self {
        Self {
            visitor,
            client: client.to_owned(),
            proxy,
            incarnation: None,
            seen: 0,
            unacknowledged: VecDeque::new(),
            next_number: 1,
            socket: None,
            heard_at: Instant::now(),
            connected_at: Instant::now(),
            connections: 0,
            longest_silence: Duration::ZERO,
        }
    }

    /// Types something; it is kept until it is acknowledged, and sent again on the next connection.
    pub(super) async fn type_text(&mut self, text: &str) {
        let number = self.next_number;
        self.next_number += 1;
        self.unacknowledged.push_back((number, text.as_bytes().to_vec()));
        if let Some(socket) = &mut self.socket {
            // A connection that just broke is noticed by listening.
            let _ = socket.send(input(number, text.as_bytes())).await;
        }
    }

    /// The next output, within `patience`; connects as often as it takes. None when there was none.
    ///
    /// # Errors
    /// When a character was lost or doubled, or the program inside has ended.
    pub(super) async fn output(&mut self, patience: Duration) -> anyhow::Result<Option<Vec<u8>>> {
        let deadline = Instant::now() + patience;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            if self.socket.is_none() && self.connect().await.is_err() {
                self.lose();
                tokio::time::sleep(BACKOFF).await;
                continue;
            }
            if let Some(output) = self.hear(left).await? {
                return Ok(Some(output));
            }
        }
        Ok(None)
    }

    /// The other proxy is tried next.
    fn lose(&mut self) {
        self.socket = None;
        self.proxy += 1;
    }

    async fn connect(&mut self) -> anyhow::Result<()> {
        let mut socket = timeout(CONNECT_MAX, self.visitor.terminal(self.proxy)).await??;
        let attach = json!({"t": "attach", "client": self.client, "incarnation": self.incarnation,
            "seen": self.seen, "cols": 80, "rows": 24});
        socket.send(Message::text(attach.to_string())).await?;
        self.socket = Some(socket);
        self.connections += 1;
        self.connected_at = Instant::now();
        Ok(())
    }

    /// One frame; the output in it, if any.
    async fn hear(&mut self, left: Duration) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(socket) = &mut self.socket else { return Ok(None) };
        let frame = timeout(left.min(SILENCE_MAX), socket.next()).await;
        let silence = self.heard_at.elapsed();
        match frame {
            Ok(Some(Ok(Message::Text(text)))) => {
                self.heard(silence);
                self.note(&serde_json::from_str(&text)?).await.map(|()| None)
            }
            Ok(Some(Ok(Message::Binary(frame)))) => {
                self.heard(silence);
                self.draw(&frame).map(Some)
            }
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => {
                self.lose();
                Ok(None)
            }
            Ok(Some(Ok(_))) => Ok(None),
            Err(_) => {
                if silence.min(self.connected_at.elapsed()) >= SILENCE_MAX {
                    self.lose();
                }
                Ok(None)
            }
        }
    }

    fn heard(&mut self, silence: Duration) {
        self.longest_silence = self.longest_silence.max(silence);
        self.heard_at = Instant::now();
    }

    async fn note(&mut self, message: &Value) -> anyhow::Result<()> {
        match message["t"].as_str() {
            Some("attached") => self.attached(message).await,
            Some("ack") => {
                self.forget(message["input"].as_u64().context("an ack without number")?);
                Ok(())
            }
            Some("exit") => bail!("the terminal's program has ended: {message}"),
            _ => Ok(()),
        }
    }

    async fn attached(&mut self, message: &Value) -> anyhow::Result<()> {
        ensure!(message["lost"] == false, "characters are lost: {message}; seen {}", self.seen);
        let from = message["from"].as_u64().context("attached without `from`")?;
        ensure!(from == self.seen, "it goes on at {from}, but {} was seen", self.seen);
        self.incarnation = message["incarnation"].as_str().map(str::to_owned);
        self.forget(message["input"].as_u64().context("attached without `input`")?);
        if let Some(socket) = &mut self.socket {
            for (number, bytes) in &self.unacknowledged {
                let _ = socket.send(input(*number, bytes)).await;
            }
        }
        Ok(())
    }

    fn forget(&mut self, applied: u64) {
        self.unacknowledged.retain(|(number, _)| *number > applied);
    }

    fn draw(&mut self, frame: &[u8]) -> anyhow::Result<Vec<u8>> {
        let (number, output) = frame.split_first_chunk::<8>().context("a short frame")?;
        let offset = u64::from_be_bytes(*number);
        ensure!(offset == self.seen, "output from {offset} on, but {} was seen", self.seen);
        self.seen += output.len() as u64;
        Ok(output.to_vec())
    }
}

fn input(number: u64, bytes: &[u8]) -> Message {
    Message::binary([&number.to_be_bytes(), bytes].concat())
}
