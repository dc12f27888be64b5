//! One call on a connection of its own.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use domain::provider::Address;
use futures_util::future::{Either, select};
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderValue, Request, Response};
use http_body::Frame;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::Door;
use crate::limits::AGENT_CONNECT_TIMEOUT;
use crate::problem::{Kind, Problem};

/// An agent's answer. Its body drives the connection, so no task is needed, and dropping it ends the call.
pub(crate) type Answer = Response<AnswerBody>;

type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// The body of an [`Answer`].
pub(crate) struct AnswerBody {
    body: Incoming,
    /// `None` once the connection has ended; what it read before is still in `body`.
    driver: Option<Driver>,
}

/// Makes one call. The path of `request` is the agent's own.
pub(crate) async fn call(door: &Door, mut request: Request<Body>) -> Result<Answer, Problem> {
    let token = HeaderValue::try_from(format!("Bearer {}", door.token));
    let mut token = token.map_err(|error| Problem::new(Kind::Internal).because(error))?;
    token.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, token);
    request.headers_mut().insert(HOST, HeaderValue::from_static("agent"));
    match timeout(AGENT_CONNECT_TIMEOUT, connect(&door.address)).await {
        Ok(Ok(Socket::Unix(socket))) => exchange(socket, request).await,
        Ok(Ok(Socket::Tcp(socket))) => exchange(socket, request).await,
        Ok(Err(error)) => Err(unreachable(error)),
        Err(_) => Err(unreachable("connecting took too long")),
    }
}

enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
}

async fn connect(address: &Address) -> std::io::Result<Socket> {
    if let Some(path) = address.0.strip_prefix("unix:") {
        return UnixStream::connect(path).await.map(Socket::Unix);
    }
    let place = address.0.strip_prefix("tcp:").ok_or(std::io::ErrorKind::InvalidInput)?;
    let socket = TcpStream::connect(place).await?;
    socket.set_nodelay(true)?;
    Ok(Socket::Tcp(socket))
}

async fn exchange<S>(socket: S, request: Request<Body>) -> Result<Answer, Problem>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(unreachable)?;
    let driver: Driver = Box::pin(connection);
    let (head, driver) = match select(Box::pin(sender.send_request(request)), driver).await {
        Either::Left((head, driver)) => (head, Some(driver)),
        Either::Right((_, sending)) => (sending.await, None),
    };
    Ok(head.map_err(unreachable)?.map(|body| AnswerBody { body, driver }))
}

fn unreachable(error: impl std::fmt::Display) -> Problem {
    Problem::new(Kind::MachineUnreachable).because(error)
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(context).is_ready()
        {
            // How it ended shows in the body: complete, or broken off.
            self.driver = None;
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
