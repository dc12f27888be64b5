//! A connection with TLS from its first byte.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::{Accept, TlsAcceptor, server};

/// A client that takes longer is none.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// A connection with TLS. The handshake happens at the first read or write.
pub struct TlsStream(State);

enum State {
    Shaking(Box<Accept<TcpStream>>, Pin<Box<Sleep>>),
    Open(Box<server::TlsStream<TcpStream>>),
    Failed,
}

impl TlsStream {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(tcp: TcpStream, acceptor: &TlsAcceptor) -> Self {
        Self(State::Shaking(Box::new(acceptor.accept(tcp)), Box::pin(sleep(HANDSHAKE_WITHIN))))
    }

    /// The connection behind the handshake.
    fn open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut server::TlsStream<TcpStream>>>> {
        if let State::Shaking(accept, late) = &mut self.0 {
            let shaken = match Pin::new(accept.as_mut()).poll(cx) {
                Poll::Ready(shaken) => shaken,
                Poll::Pending => {
                    ready!(late.as_mut().poll(cx));
                    Err(io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long"))
                }
            };
            self.0 = shaken.map_or(State::Failed, |stream| State::Open(Box::new(stream)));
        }
        Poll::Ready(match &mut self.0 {
            State::Open(stream) => Ok(Pin::new(stream.as_mut())),
            State::Shaking(..) | State::Failed => Err(io::ErrorKind::ConnectionAborted.into()),
        })
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.get_mut().open(cx))?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.get_mut().open(cx))?.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            State::Open(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            // Nothing was written yet.
            State::Shaking(..) | State::Failed => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            State::Open(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            // The socket closes when this is dropped.
            State::Shaking(..) | State::Failed => Poll::Ready(Ok(())),
        }
    }
}

impl std::fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            State::Shaking(..) => "TlsStream(handshake)",
            State::Open(_) => "TlsStream(open)",
            State::Failed => "TlsStream(failed)",
        })
    }
}
