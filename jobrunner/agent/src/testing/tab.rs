//! A browser tab as docs/protocols.md describes it: numbers its input, keeps what was not acknowledged, and knows how
//! far it has seen.

use std::collections::VecDeque;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::{Caller, Mint, soon};

/// What a tab has heard.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Message(Value),
    Output(Vec<u8>),
    Closed(u16),
    Gone,
}

/// A tab; it survives its connections.
pub(crate) struct Tab {
    socket: PathBuf,
    client: String,
    pub(crate) session: String,
    pub(crate) command: Vec<String>,
    pub(crate) incarnation: Option<String>,
    /// The number of the next byte it needs.
    pub(crate) seen: u64,
    pub(crate) screen: Vec<u8>,
    pub(crate) unacknowledged: VecDeque<(u64, Vec<u8>)>,
    /// The numbers of all acknowledgements, as they came.
    pub(crate) acks: Vec<u64>,
    next_number: u64,
    pub(crate) size: (u16, u16),
    websocket: Option<WebSocketStream<TokioIo<Upgraded>>>,
    driver: JoinSet<()>,
}

impl Tab {
    pub(crate) fn new(socket: PathBuf, client: &str) -> Self {
        Self {
            socket,
            client: client.to_owned(),
            session: "terminal".to_owned(),
            command: vec!["sh".to_owned()],
            incarnation: None,
            seen: 0,
            screen: Vec::new(),
            unacknowledged: VecDeque::new(),
            acks: Vec::new(),
            next_number: 1,
            size: (80, 24),
            websocket: None,
            driver: JoinSet::new(),
        }
    }

    /// Runs this as the session's program.
    pub(crate) fn running(mut self, command: &[&str]) -> Self {
        self.command = command.iter().map(|&part| part.to_owned()).collect();
        self
    }

    /// Opens the WebSocket without attaching.
    pub(crate) async fn open(&mut self) {
        let command: String = self
            .command
            .iter()
            .map(|part| {
                format!("&cmd={}", form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>())
            })
            .collect();
        let target = format!("/terminal?session={}{command}", self.session);
        let mut caller = Caller::new(self.socket.clone(), Mint::default().token());
        let request = caller
            .request(http::Method::GET, &target)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Sec-WebSocket-Protocol", "qj.terminal.v1")
            .body(Default::default())
            .unwrap();
        let response = caller.send(request).await;
        assert_eq!(response.status(), 101);
        assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let upgraded = hyper::upgrade::on(response).await.unwrap();
        self.driver = JoinSet::new();
        self.driver.spawn(async move {
            let _caller = caller;
            std::future::pending::<()>().await;
        });
        let websocket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await;
        self.websocket = Some(websocket);
    }

    /// Attaches on a new connection, sends again what was not acknowledged, and gives the `attached` message.
    pub(crate) async fn attach(&mut self) -> Value {
        self.open().await;
        self.attach_here().await
    }

    /// Attaches on the connection that is open.
    pub(crate) async fn attach_here(&mut self) -> Value {
        let attach = json!({"t": "attach", "client": self.client, "incarnation": self.incarnation,
            "seen": self.seen, "cols": self.size.0, "rows": self.size.1});
        self.say(attach).await;
        let attached = loop {
            match self.hear().await {
                Heard::Message(message) if message["t"] == "attached" => break message,
                Heard::Message(_) | Heard::Output(_) => {}
                other => panic!("attach was answered by {other:?}"),
            }
        };
        if attached["lost"] == true {
            self.screen.clear();
        }
        self.incarnation = attached["incarnation"].as_str().map(str::to_owned);
        self.seen = attached["from"].as_u64().unwrap();
        let applied = attached["input"].as_u64().unwrap();
        self.unacknowledged.retain(|(number, _)| *number > applied);
        for (number, bytes) in self.unacknowledged.clone() {
            self.send_input(number, &bytes).await;
        }
        attached
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Types something; it is kept until it is acknowledged.
    pub(crate) async fn type_text(&mut self, text: impl AsRef<[u8]>) {
        let number = self.next_number;
        self.next_number += 1;
        self.unacknowledged.push_back((number, text.as_ref().to_vec()));
        self.send_input(number, text.as_ref()).await;
    }

    pub(crate) async fn send_input(&mut self, number: u64, bytes: &[u8]) {
        self.send(Message::Binary(Bytes::from([&number.to_be_bytes(), bytes].concat()))).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        // A connection that just broke is noticed when the tab listens.
        let _ = self.websocket.as_mut().expect("not connected").send(message).await;
    }

    /// Loses the connection without a word.
    pub(crate) fn lose(&mut self) {
        self.websocket = None;
        self.driver = JoinSet::new();
    }

    /// The next thing that comes; output and acknowledgements are also taken note of.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            let websocket = self.websocket.as_mut().expect("not connected");
            match soon(websocket.next()).await {
                Some(Ok(Message::Text(text))) => return self.note(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Binary(frame))) => return self.draw(&frame),
                Some(Ok(Message::Close(frame))) => return Heard::Closed(frame.map_or(0, |f| f.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Gone,
            }
        }
    }

    fn note(&mut self, message: Value) -> Heard {
        if message["t"] == "ack" {
            let applied = message["input"].as_u64().unwrap();
            self.acks.push(applied);
            self.unacknowledged.retain(|(number, _)| *number > applied);
        }
        Heard::Message(message)
    }

    fn draw(&mut self, frame: &Bytes) -> Heard {
        let offset = u64::from_be_bytes(frame[..8].try_into().unwrap());
        assert_eq!(offset, self.seen, "output is missing or repeated");
        self.seen += frame.len() as u64 - 8;
        self.screen.extend_from_slice(&frame[8..]);
        Heard::Output(frame[8..].to_vec())
    }

    /// Listens until the screen contains `text`.
    pub(crate) async fn until_screen(&mut self, text: &str) {
        let mut searched = 0;
        while !contains(&self.screen[searched..], text) {
            searched = self.screen.len().saturating_sub(text.len());
            match self.hear().await {
                Heard::Message(_) | Heard::Output(_) => {}
                other => {
                    panic!("{other:?} before `{text}`; screen: {:?}", String::from_utf8_lossy(&self.screen))
                }
            }
        }
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        contains(&self.screen, text)
    }

    /// Listens until a message of type `kind` comes.
    pub(crate) async fn until_message(&mut self, kind: &str) -> Value {
        loop {
            match self.hear().await {
                Heard::Message(message) if message["t"] == kind => return message,
                Heard::Message(_) | Heard::Output(_) => {}
                other => panic!("{other:?} before {kind}"),
            }
        }
    }

    /// Listens until there were `count` acknowledgements.
    pub(crate) async fn until_acks(&mut self, count: usize) {
        while self.acks.len() < count {
            match self.hear().await {
                Heard::Message(_) | Heard::Output(_) => {}
                other => panic!("{other:?} before {count} acknowledgements: {:?}", self.acks),
            }
        }
    }

    /// Listens until the connection is closed; the code.
    pub(crate) async fn until_closed(&mut self) -> u16 {
        loop {
            match self.hear().await {
                Heard::Closed(code) => return code,
                Heard::Gone => panic!("gone without a close"),
                Heard::Message(_) | Heard::Output(_) => {}
            }
        }
    }
}

fn contains(screen: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(screen).contains(text)
}
