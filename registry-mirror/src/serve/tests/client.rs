//! A client that sees every byte.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

pub(super) struct Client<I> {
    pub(super) io: I,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(super) fn length(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of its only error.
    pub(super) fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap().to_owned()
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Client<I> {
    pub(super) const fn new(io: I) -> Self {
        Self { io, buffer: Vec::new() }
    }

    pub(super) async fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: mirror\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.io.write_all(head.as_bytes()).await.unwrap();
    }

    pub(super) async fn ask(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, target, headers).await;
        let mut answer = self.answer_head().await;
        let length = if method == "HEAD" || answer.status == 304 { 0 } else { answer.length() };
        answer.body = self.bytes(length).await;
        answer
    }

    pub(super) async fn answer_head(&mut self) -> Answer {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                let head = String::from_utf8(head).unwrap();
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Answer { status, head, body: Vec::new() };
            }
            assert!(self.read().await.unwrap() > 0, "ended before a head: {:?}", self.buffer);
        }
    }

    /// Exactly so many bytes of a body.
    pub(super) async fn bytes(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            assert!(self.read().await.unwrap() > 0, "ended after {} of {length} bytes", self.buffer.len());
        }
        self.buffer.drain(..length).collect()
    }

    /// Everything up to a clean end.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        while self.read().await.unwrap() > 0 {}
        std::mem::take(&mut self.buffer)
    }

    async fn read(&mut self) -> std::io::Result<usize> {
        self.io.read_buf(&mut self.buffer).await
    }
}
