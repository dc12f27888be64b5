//! A caller that speaks HTTP to a machine's socket.

use std::path::PathBuf;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::soon;

/// An answer, read to its end.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    /// The status and the slug of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["type"].as_str().unwrap().to_owned())
    }
}

/// Makes one connection per request.
pub(crate) struct Caller {
    socket: PathBuf,
    token: String,
    driver: JoinSet<()>,
}

impl Caller {
    pub(crate) fn new(socket: PathBuf, token: String) -> Self {
        Self { socket, token, driver: JoinSet::new() }
    }

    pub(crate) fn request(&self, method: Method, target: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, "machine")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let stream = UnixStream::connect(&self.socket).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        self.driver.spawn(async move {
            let _ = connection.with_upgrades().await;
        });
        soon(sender.send_request(request)).await.unwrap()
    }

    pub(crate) async fn ask(&mut self, method: Method, target: &str, body: impl Into<Bytes>) -> Answered {
        let request = self.request(method, target).body(Full::new(body.into())).unwrap();
        let (parts, body) = self.send(request).await.into_parts();
        let body = soon(body.collect()).await.unwrap().to_bytes();
        Answered { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&mut self, target: &str) -> Answered {
        self.ask(Method::GET, target, "").await
    }

    pub(crate) async fn post(&mut self, target: &str, body: Value) -> Answered {
        self.ask(Method::POST, target, body.to_string()).await
    }

    /// A tunnel, or the problem instead.
    pub(crate) async fn connect(&mut self, target: &str) -> Result<TokioIo<Upgraded>, Answered> {
        let request = self.request(Method::CONNECT, target).body(Full::default()).unwrap();
        let response = self.send(request).await;
        if response.status() == StatusCode::OK {
            return Ok(TokioIo::new(hyper::upgrade::on(response).await.unwrap()));
        }
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Err(Answered { status: parts.status, headers: parts.headers, body })
    }
}
