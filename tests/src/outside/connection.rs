//! One keep-alive HTTP/1.1 connection: what it costs is little beside what it measures.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// An answer that takes longer is an error.
const ANSWER_DEADLINE: Duration = Duration::from_secs(40);

/// A connection to one host.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    headers: HeaderMap,
    /// Ends with the connection.
    _driver: JoinSet<hyper::Result<()>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Connection {
    /// Connects; every request carries `host` and `headers`.
    ///
    /// # Errors
    /// That nobody listens there.
    pub async fn open(address: SocketAddr, host: &str, headers: HeaderMap) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| address.to_string())?;
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(driver);
        Ok(Self { sender, host: host.to_owned(), headers, _driver: tasks })
    }

    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    /// That the connection broke, or that the answer took too long.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.clone());
        }
        let request = request.header(CONTENT_TYPE, "application/json").body(Full::new(body.into()))?;
        tokio::time::timeout(ANSWER_DEADLINE, self.exchange(request)).await.context("no answer in time")?
    }

    /// Adds a header to every later request.
    pub fn always(&mut self, name: http::HeaderName, value: http::HeaderValue) {
        self.headers.insert(name, value);
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

impl Answer {
    /// The body as JSON, when the status is a success.
    ///
    /// # Errors
    /// The status and the body, when it is none.
    pub fn json(&self) -> anyhow::Result<Value> {
        anyhow::ensure!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&self.body)?) }
    }
}
