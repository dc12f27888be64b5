//! An agent on a Unix socket: it knows the one token that opens it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use domain::provider::Address;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::app::App;

/// The port that the app listens on.
pub(super) const APP_PORT: u16 = 8888;

#[derive(Debug)]
pub(super) struct Agent {
    pub(super) path: PathBuf,
    pub(super) token: Mutex<String>,
    pub(super) app: Arc<App>,
    pub(super) dialled: AtomicUsize,
    pub(super) refused: AtomicUsize,
    /// Whether the app listens.
    pub(super) app_is_up: AtomicBool,
}

impl Agent {
    pub(super) fn start(path: PathBuf, token: &str, app: Arc<App>, tasks: &mut JoinSet<()>) -> Arc<Self> {
        let agent = Arc::new(Self {
            token: Mutex::new(token.to_owned()),
            app,
            dialled: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            app_is_up: AtomicBool::new(true),
            path: path.clone(),
        });
        let listener = UnixListener::bind(path).unwrap();
        tasks.spawn(agent.clone().listen(listener));
        agent
    }

    pub(super) fn address(&self) -> Address {
        Address(format!("unix:{}", self.path.display()))
    }

    async fn listen(self: Arc<Self>, listener: UnixListener) {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            self.dialled.fetch_add(1, Ordering::SeqCst);
            connections.spawn(self.clone().serve(stream));
        }
    }

    async fn serve(self: Arc<Self>, mut stream: UnixStream) {
        let head = read_head(&mut stream).await;
        let bearer = format!("bearer {}\r\n", self.token.lock()).to_ascii_lowercase();
        if !head.to_ascii_lowercase().contains(&bearer) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            refuse(&mut stream, 403, "token_refused").await;
        } else if head.starts_with(&format!("CONNECT 127.0.0.1:{APP_PORT} ")) {
            if self.app_is_up.load(Ordering::SeqCst) {
                stream.write_all(b"HTTP/1.1 200 OK\r\nx-agent: yes\r\n\r\n").await.unwrap();
                self.app.clone().serve(stream).await;
            } else {
                refuse(&mut stream, 502, "connect_refused").await;
            }
        } else if head.starts_with("CONNECT ") {
            refuse(&mut stream, 502, "connect_refused").await;
        } else {
            // The agent's own endpoints look like an app's here.
            let (reader, writer) = stream.into_split();
            let rewound = std::io::Cursor::new(head.into_bytes()).chain(reader);
            self.app.clone().serve(tokio::io::join(rewound, writer)).await;
        }
    }
}

async fn refuse(stream: &mut UnixStream, status: u16, slug: &str) {
    let body = format!("{{\"type\":\"{slug}\",\"detail\":\"no\"}}");
    let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// Byte by byte, so that nothing behind the head is taken.
async fn read_head(stream: &mut UnixStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}
