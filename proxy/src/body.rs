//! Bodies of answers: our own, which are all there, and a machine's, which flow through.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use runtime::BoxError;

use crate::agent::Tunnel;
use crate::exchange::{Line, RequestBody};
use crate::lease::{Ended, Ending};

/// The body of every answer.
pub(crate) type Body = Either<Full<Bytes>, Streamed>;

/// An answer of our own that may not be kept by anybody.
pub(crate) fn full(
    status: StatusCode,
    content_type: &'static str,
    bytes: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(bytes.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer of our own without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A machine's body on its way to a visitor. It holds the connection to the machine, and moves it when the visitor
/// takes more: nothing is buffered beyond the sockets and one read.
pub(crate) struct Streamed {
    incoming: Incoming,
    line: Line<Tunnel, RequestBody>,
    ended: Ended,
}

impl Streamed {
    pub(crate) fn new(incoming: Incoming, line: Line<Tunnel, RequestBody>, ended: Ended) -> Self {
        Self { incoming, line, ended }
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.ended.as_mut().poll(cx) {
            // Streams that a browser takes up again by itself end without an error.
            Poll::Ready(Ending::Restarting) => return Poll::Ready(None),
            Poll::Ready(ending) => return Poll::Ready(Some(Err(ending.reason().into()))),
            Poll::Pending => {}
        }
        self.line.drive(cx);
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        // Asking told the line that more is wanted; it may have it at hand.
        self.line.drive(cx);
        Pin::new(&mut self.incoming).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Streamed")
    }
}
