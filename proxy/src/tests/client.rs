//! Browsers and worse.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, COOKIE, HOST, ORIGIN};
use http::{Request, Response, request};
use http_body_util::Full;
use runtime::BoxError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::exchange;

pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A visitor of one host.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) proxy: SocketAddr,
    pub(super) host: String,
    pub(super) cookie: Option<String>,
}

impl Client {
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    pub(super) fn with_cookie(&self, cookie: &str) -> Self {
        Self { cookie: Some(cookie.to_owned()), ..self.clone() }
    }

    pub(super) fn anonymous(&self) -> Self {
        Self { cookie: None, ..self.clone() }
    }

    pub(super) fn request(&self, method: &str, path: &str) -> request::Builder {
        let request =
            Request::builder().method(method).uri(path).header(HOST, &self.host).header(CONNECTION, "close");
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, format!("theme=dark; __Host-qj={cookie}; lang=zh")),
            None => request,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Response<Bytes> {
        self.send(self.request("GET", path), "").await
    }

    /// As a browser that navigates.
    pub(super) async fn visit(&self, path: &str) -> Response<Bytes> {
        let request = self.request("GET", path).header("accept", "text/html,*/*;q=0.8");
        self.send(request.header("sec-fetch-mode", "navigate"), "").await
    }

    /// As a script of a page of this host.
    pub(super) async fn post(&self, path: &str, body: &str) -> Response<Bytes> {
        self.send(self.request("POST", path).header(ORIGIN, self.origin()), body).await
    }

    pub(super) async fn send(&self, request: request::Builder, body: &str) -> Response<Bytes> {
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        timeout(PATIENCE, self.exchange(request)).await.expect("an answer in time").unwrap()
    }

    pub(super) async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, BoxError> {
        let stream = TcpStream::connect(self.proxy).await?;
        let (response, line) = exchange::send(stream, request).await?;
        let (head, body) = response.into_parts();
        Ok(Response::from_parts(head, line.collect(body, usize::MAX).await?))
    }

    /// Sends bytes as they are; answers everything that comes until the proxy closes.
    pub(super) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.proxy).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the proxy closes").unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A connection and the head of the answer to `bytes`.
    pub(super) async fn open(&self, bytes: &str) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(self.proxy).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let head = timeout(PATIENCE, read_head(&mut stream)).await.expect("a head in time");
        (stream, head)
    }

    /// A WebSocket handshake as a browser sends it.
    pub(super) fn handshake(&self, path: &str, origin: Option<&str>) -> String {
        let cookie =
            self.cookie.as_ref().map(|cookie| format!("Cookie: __Host-qj={cookie}\r\n")).unwrap_or_default();
        let origin = origin.map(|origin| format!("Origin: {origin}\r\n")).unwrap_or_default();
        let host = &self.host;
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}{origin}Connection: keep-alive, Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Waits until something is so.
pub(super) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}
