//! Reads requests strictly, before hyper does.
//!
//! hyper takes some requests that other readers understand differently (a length beside chunks, two hosts, lines
//! without CR); a request that two readers split differently can smuggle a second one. The gate stands between the
//! socket and hyper, follows every head and body by itself, and hands on only whole heads that it has judged. In the
//! place of a refused one it hands on [`REFUSED_METHOD`], so that hyper answers it in its turn and closes.

mod chunks;
mod framing;
mod head;
mod listener;
mod refusal;

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use framing::Framing;
pub(crate) use listener::{GateListener, Peer, Wire};
pub(crate) use refusal::Refusal;

/// The method of the request that stands in the place of a refused one.
pub(crate) const REFUSED_METHOD: &str = "REFUSED";
const REFUSED_REQUEST: &[u8] = b"REFUSED / HTTP/1.1\r\nhost: refused.invalid\r\nconnection: close\r\n\r\n";

/// What is read from the socket at once.
const READ_BYTES: usize = 8 * 1024;
/// A closed socket whose input was not read to its end is reset, and the reset may overtake our last answer; so what
/// still comes is read and dropped for a moment.
const LINGER: Duration = Duration::from_millis(500);

/// What the gate demands of heads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLimits {
    /// The largest head.
    pub(crate) bytes: usize,
    /// From its first byte to its last.
    pub(crate) time: Duration,
}

/// Where the gate says why it refused a request of its connection.
pub(crate) type Verdict = Arc<OnceLock<Refusal>>;

/// A connection whose requests are judged as they are read.
#[derive(Debug)]
pub(crate) struct Gate<S> {
    inner: S,
    /// Read from the socket and not handed on.
    input: BytesMut,
    /// So many bytes of `input` may be handed on.
    cleared: usize,
    /// So many bytes of `input` were looked at for the end of a head.
    scanned: usize,
    framing: Framing,
    limits: HeadLimits,
    head_deadline: Option<Pin<Box<Sleep>>>,
    linger: Option<Pin<Box<Sleep>>>,
    verdict: Verdict,
}

impl<S> Gate<S> {
    pub(crate) fn new(inner: S, limits: HeadLimits, verdict: Verdict) -> Self {
        let (input, framing) = (BytesMut::new(), Framing::Head);
        Self {
            inner,
            input,
            cleared: 0,
            scanned: 0,
            framing,
            limits,
            head_deadline: None,
            linger: None,
            verdict,
        }
    }

    /// Clears what of the input may be handed on; false when more must come first.
    fn clear(&mut self) -> io::Result<bool> {
        self.cleared = match &mut self.framing {
            Framing::Head => return Ok(self.clear_head()),
            Framing::Length(left) => {
                let now = usize::try_from(*left).unwrap_or(usize::MAX).min(self.input.len());
                *left -= now as u64;
                now
            }
            Framing::Chunks(chunks) => chunks.scan(&self.input)?,
            Framing::Raw => self.input.len(),
            Framing::Refused => 0,
        };
        self.next_request();
        Ok(self.cleared > 0)
    }

    /// Behind the end of a body stands the next head.
    fn next_request(&mut self) {
        let over = match &self.framing {
            Framing::Length(left) => *left == 0,
            Framing::Chunks(chunks) => chunks.is_done(),
            Framing::Head | Framing::Raw | Framing::Refused => false,
        };
        if over {
            self.framing = Framing::Head;
        }
    }

    fn clear_head(&mut self) -> bool {
        // Some clients end a body with a line end too many; RFC 9112 asks to overlook it.
        while self.scanned == 0 && self.input.starts_with(b"\r\n") {
            self.input.advance(2);
        }
        match head::find_end(&self.input, self.scanned) {
            Ok(Some(end)) if end > self.limits.bytes => self.refuse(Refusal::HeadTooLarge),
            Ok(Some(end)) => match head::judge(&self.input[..end]) {
                Ok(framing) => self.pass(end, framing),
                Err(refusal) => self.refuse(refusal),
            },
            Ok(None) if self.input.len() >= self.limits.bytes => self.refuse(Refusal::HeadTooLarge),
            Ok(None) => {
                self.scanned = self.input.len();
                if self.head_deadline.is_none() && !self.input.is_empty() {
                    self.head_deadline = Some(Box::pin(sleep(self.limits.time)));
                }
                false
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn pass(&mut self, end: usize, framing: Framing) -> bool {
        (self.cleared, self.scanned, self.framing, self.head_deadline) = (end, 0, framing, None);
        true
    }

    fn refuse(&mut self, refusal: Refusal) -> bool {
        let _only_one_refusal_in_a_life = self.verdict.set(refusal);
        self.input = BytesMut::from(REFUSED_REQUEST);
        self.pass(REFUSED_REQUEST.len(), Framing::Refused)
    }

    /// Hands on cleared bytes; false when there are none.
    fn hand_on(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let count = self.cleared.min(buffer.remaining());
        if count == 0 {
            return false;
        }
        buffer.put_slice(&self.input[..count]);
        self.input.advance(count);
        self.cleared -= count;
        if self.input.is_empty() {
            // A connection that waits, or that was upgraded, holds no buffer.
            self.input = BytesMut::new();
        }
        true
    }
}

impl<S: AsyncRead + Unpin> Gate<S> {
    /// Reads more into the input; zero at the end.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bytes = [0; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer))?;
        self.input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Bodies of known length and foreign bytes need no second look and no copy.
    fn read_through(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Framing::Length(left) = &mut self.framing else {
            return Pin::new(&mut self.inner).poll_read(cx, buffer);
        };
        let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        *left -= count as u64;
        buffer.advance(count);
        self.next_request();
        Poll::Ready(Ok(()))
    }

    fn too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        self.head_deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let gate = &mut *self;
        loop {
            if buffer.remaining() == 0 || gate.hand_on(buffer) {
                return Poll::Ready(Ok(()));
            }
            if !gate.input.is_empty() && gate.clear()? {
                continue;
            }
            match gate.framing {
                Framing::Length(_) | Framing::Raw => return gate.read_through(cx, buffer),
                // The answer to the refused request closes the connection; nothing wakes this again.
                Framing::Refused => return Poll::Pending,
                Framing::Head | Framing::Chunks(_) => {}
            }
            if gate.too_slow(cx) {
                gate.refuse(Refusal::HeadTooSlow);
            } else if ready!(gate.fill(cx))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let gate = &mut *self;
        if gate.linger.is_none() {
            ready!(Pin::new(&mut gate.inner).poll_shutdown(cx))?;
        }
        let linger = gate.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let mut dropped = [0; READ_BYTES];
        while linger.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut dropped);
            match ready!(Pin::new(&mut gate.inner).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
