//! One request to an agent over its own connection.

use std::time::Duration;

use bytes::Bytes;
use domain::provider::Address;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::context::Door;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A GET of `path`.
pub(super) fn get(path: &'static str) -> Request<Full<Bytes>> {
    request(Method::GET, path, Bytes::new())
}

/// A POST of `body` to `path`.
pub(super) fn post(path: &'static str, body: serde_json::Value) -> Request<Full<Bytes>> {
    request(Method::POST, path, Bytes::from(body.to_string()))
}

fn request(method: Method, path: &'static str, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = http::Uri::from_static(path);
    request.headers_mut().insert(HOST, http::HeaderValue::from_static("agent"));
    request.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    request
}

/// Sends `request` and reads the JSON answer, all within `longest`.
///
/// # Errors
/// What went wrong, without secrets.
pub(super) async fn ask<T: DeserializeOwned>(
    door: &Door,
    request: Request<Full<Bytes>>,
    longest: Duration,
) -> Result<T, String> {
    let answer = async {
        match split(&door.address)? {
            Socket::Unix(path) => {
                exchange(UnixStream::connect(path).await.map_err(text)?, door, request).await
            }
            Socket::Tcp(address) => {
                exchange(TcpStream::connect(address).await.map_err(text)?, door, request).await
            }
        }
    };
    tokio::time::timeout(longest, answer).await.map_err(|_| "no answer in time".to_owned())?
}

enum Socket<'a> {
    Unix(&'a str),
    Tcp(&'a str),
}

fn split(address: &Address) -> Result<Socket<'_>, String> {
    match address.0.split_once(':') {
        Some(("unix", path)) => Ok(Socket::Unix(path)),
        Some(("tcp", address)) => Ok(Socket::Tcp(address)),
        _ => Err("an agent's address that is neither unix: nor tcp:".to_owned()),
    }
}

async fn exchange<S, T>(stream: S, door: &Door, mut request: Request<Full<Bytes>>) -> Result<T, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: DeserializeOwned,
{
    let token = format!("Bearer {}", door.token.expose());
    request
        .headers_mut()
        .insert(AUTHORIZATION, token.parse().map_err(|_| "a token that is no header".to_owned())?);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    // The connection is driven by this very future: nothing outlives the request.
    let answered = async {
        let answer = sender.send_request(request).await.map_err(text)?;
        let status = answer.status();
        let body =
            Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(|e| e.to_string())?;
        if status.is_success() {
            serde_json::from_slice(&body.to_bytes()).map_err(text)
        } else {
            Err(format!("the agent answered {status}"))
        }
    };
    let driven = async {
        // An error of the connection shows in the answer; until then this branch waits.
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = answered => answer,
        () = driven => Err("the connection ended".to_owned()),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
