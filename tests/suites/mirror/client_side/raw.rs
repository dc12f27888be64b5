//! Requests exactly as they are written: no client library tidies their paths up.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// An answer's status and body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The code of the distribution specification's error body; empty when there is none.
    pub(super) fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    fn read(bytes: &[u8]) -> Self {
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        let head = head.unwrap_or_else(|| panic!("no head: {:?}", String::from_utf8_lossy(bytes)));
        let status = std::str::from_utf8(&bytes[9..12]).unwrap().parse().unwrap();
        Self { status, body: bytes[head..].to_vec() }
    }
}

/// GET of a target, byte for byte.
pub(super) async fn get(mirror: SocketAddr, target: &[u8]) -> Answer {
    let head = [b"GET ", target, b" HTTP/1.1\r\nHost: mirror\r\nConnection: close\r\n\r\n"].concat();
    exchange(mirror, &head, &[]).await
}

/// Sends a head and a body, reads at the same time, and stops sending when the other side does not want more.
pub(super) async fn exchange(mirror: SocketAddr, head: &[u8], body: &[u8]) -> Answer {
    let (mut reads, mut writes) = TcpStream::connect(mirror).await.unwrap().into_split();
    let mut answer = Vec::new();
    let send = async {
        // Who refuses a body need not read it to its end.
        if writes.write_all(head).await.is_ok() {
            let _refused = writes.write_all(body).await;
        }
    };
    let receive = async {
        // The end of the connection is the end of the answer, also when it is a reset.
        let _end = reads.read_to_end(&mut answer).await;
    };
    timeout(ANSWERED_WITHIN, async { tokio::join!(send, receive) }).await.unwrap();
    Answer::read(&answer)
}
