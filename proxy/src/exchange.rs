//! One HTTP/1.1 request over a stream of its own. Whoever reads the answer also drives the connection, so nothing is
//! spawned and dropping the answer drops the stream: no connection upstream ever serves two visitors.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Either, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use runtime::BoxError;

/// The body of a request into a machine: a visitor's as it comes, or none.
pub(crate) type RequestBody = Either<Incoming, Empty<Bytes>>;

/// Read buffer of one connection upstream, and with it the largest head of an answer.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// The connection that an answer comes over; it moves only while it is polled.
#[derive(Debug)]
pub(crate) struct Line<S, B>
where
    S: AsyncRead + AsyncWrite + Unpin,
    B: Body<Data = Bytes> + 'static,
{
    connection: Connection<TokioIo<S>, B>,
    ended: bool,
}

/// Sends a request and waits for the head of its answer.
///
/// # Errors
/// hyper's: the stream ended, the answer is no HTTP, or the request's body failed.
pub(crate) async fn send<S, B>(
    stream: S,
    request: Request<B>,
) -> hyper::Result<(Response<Incoming>, Line<S, B>)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (mut sender, connection) = builder().handshake(TokioIo::new(stream)).await?;
    let mut line = Line { connection, ended: false };
    let mut answer = std::pin::pin!(sender.send_request(request));
    let response = std::future::poll_fn(|cx| {
        line.drive(cx);
        answer.as_mut().poll(cx)
    })
    .await?;
    Ok((response, line))
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    // Old servers know `Sec-WebSocket-Key` only in capitals.
    builder.title_case_headers(true).max_buf_size(BUFFER_BYTES_MAX);
    builder
}

impl<S, B> Line<S, B>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Moves the connection on. Its errors come out of the answer too, so they are not told twice.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.ended && Pin::new(&mut self.connection).poll(cx).is_ready() {
            self.ended = true;
        }
    }

    /// The whole body of the answer, of at most `limit` bytes.
    pub(crate) async fn collect(mut self, body: Incoming, limit: usize) -> Result<Bytes, BoxError> {
        let mut body = std::pin::pin!(Limited::new(body, limit).collect());
        let collected = std::future::poll_fn(|cx| {
            self.drive(cx);
            body.as_mut().poll(cx)
        });
        Ok(collected.await?.to_bytes())
    }

    /// After a 101: the stream, and what came on it behind the answer.
    pub(crate) async fn into_stream(mut self) -> (S, Bytes) {
        std::future::poll_fn(|cx| {
            self.drive(cx);
            if self.ended { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let parts = self.connection.into_parts();
        (parts.io.into_inner(), parts.read_buf)
    }
}
