//! The way into a machine: its agent's socket, and through it to a port.

mod tunnel;

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::route::Target;
use http::StatusCode;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_util::either::Either;

pub(crate) use tunnel::{Socket, Tunnel};

/// An agent that doesn't take a connection within this time is not there.
const DIAL_PATIENCE: Duration = Duration::from_secs(3);
/// How long an agent may take to reach a port of its own machine.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer to CONNECT, its problem included.
const ANSWER_BYTES_MAX: usize = 8 * 1024;
const ANSWER_HEADERS_MAX: usize = 32;

/// Why there is no way in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No agent listens there.
    #[error("the agent can't be reached: {0}")]
    Unreachable(#[from] io::Error),
    /// Another machine, or another life of it, listens there.
    #[error("the agent refuses our token")]
    Refused,
    /// Nothing in the machine listens on the port.
    #[error("nothing listens on port {0}")]
    PortClosed(u16),
    /// The agent doesn't let us in for another reason.
    #[error("the agent answers {0}")]
    Failed(StatusCode),
}

/// A connection to the agent itself.
pub(crate) async fn dial(target: &Target) -> Result<Tunnel, Error> {
    let slow = |_| io::Error::from(io::ErrorKind::TimedOut);
    Ok(Tunnel::new(timeout(DIAL_PATIENCE, socket(&target.address.0)).await.map_err(slow)??))
}

async fn socket(address: &str) -> io::Result<Socket> {
    if let Some(path) = address.strip_prefix("unix:") {
        return Ok(Either::Left(UnixStream::connect(path).await?));
    }
    let unknown = || io::Error::new(io::ErrorKind::InvalidInput, "an address begins with unix: or tcp:");
    let stream = TcpStream::connect(address.strip_prefix("tcp:").ok_or_else(unknown)?).await?;
    stream.set_nodelay(true)?;
    Ok(Either::Right(stream))
}

/// A connection through the agent to a port of its machine.
pub(crate) async fn connect(target: &Target, port: u16) -> Result<Tunnel, Error> {
    let mut tunnel = dial(target).await?;
    let slow = |_| io::Error::from(io::ErrorKind::TimedOut);
    let answer = timeout(CONNECT_PATIENCE, ask(&mut tunnel, target, port)).await.map_err(slow)??;
    match (answer.status, answer.slug.as_deref()) {
        (200, _) => Ok(tunnel.with_ahead(answer.ahead)),
        (403, _) | (401, _) => Err(Error::Refused),
        (502, Some("connect_refused")) => Err(Error::PortClosed(port)),
        (status, _) => Err(Error::Failed(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY))),
    }
}

/// What the agent says to CONNECT.
struct Answer {
    status: u16,
    slug: Option<String>,
    /// What the app already sent.
    ahead: Bytes,
}

async fn ask(tunnel: &mut Tunnel, target: &Target, port: u16) -> io::Result<Answer> {
    let token = target.token.as_deref().unwrap_or_default();
    let request = format!(
        "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    tunnel.write_all(request.as_bytes()).await?;
    let mut bytes = BytesMut::with_capacity(512);
    loop {
        let ended = tunnel.read_buf(&mut bytes).await? == 0;
        match answer(&bytes, ended)? {
            Some(answer) => return Ok(answer),
            None if ended || bytes.len() > ANSWER_BYTES_MAX => return Err(malformed()),
            None => {}
        }
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no answer of an agent")
}

/// The answer, once enough of it is there; of a refusal that includes its problem.
fn answer(bytes: &[u8], ended: bool) -> io::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; ANSWER_HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(end) = response.parse(bytes).map_err(|_| malformed())? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    if status == 200 {
        return Ok(Some(Answer { status, slug: None, ahead: Bytes::copy_from_slice(&bytes[end..]) }));
    }
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok()).unwrap_or(0);
    if !ended && bytes.len() - end < length {
        return Ok(None);
    }
    Ok(Some(Answer { status, slug: slug(&bytes[end..]), ahead: Bytes::new() }))
}

/// The stable name of an agent's problem.
pub(crate) fn slug(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Problem {
        r#type: String,
    }
    serde_json::from_slice::<Problem>(body).ok().map(|problem| problem.r#type)
}
