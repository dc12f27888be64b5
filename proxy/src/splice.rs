//! Joins a visitor's upgraded connection to a machine's, byte for byte. A direction that waits holds no buffer; one
//! whose reader is slow holds one read's worth, and reads no more.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use crate::websocket::{Observer, close_frame};

const READ_BYTES: usize = 16 * 1024;
/// What one direction may move before the other and other tasks get their turn.
const ROUNDS_MAX: usize = 16;

/// One direction: what was read and not yet written.
#[derive(Debug, Default)]
struct Flow {
    pending: Bytes,
    unflushed: bool,
}

/// What ends a flow or a step of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    End,
    Some,
}

impl Flow {
    /// Moves at most `most` bytes and lets `seen` look at them.
    fn poll_move<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        (reader, writer): (&mut R, &mut W),
        most: usize,
        seen: &mut dyn FnMut(&[u8]),
    ) -> Poll<io::Result<Moved>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        ready!(self.poll_write(cx, writer))?;
        let mut bytes = [0; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes[..most.min(READ_BYTES)]);
        if Pin::new(reader).poll_read(cx, &mut buffer)?.is_pending() {
            ready!(self.poll_flush(cx, writer))?;
            return Poll::Pending;
        }
        let mut read = buffer.filled();
        if read.is_empty() {
            ready!(self.poll_flush(cx, writer))?;
            return Poll::Ready(Ok(Moved::End));
        }
        seen(read);
        self.unflushed = true;
        // Nearly always the socket takes all at once, and nothing is kept.
        if let Poll::Ready(written) = Pin::new(writer).poll_write(cx, read)? {
            read = &read[written..];
        }
        self.pending = Bytes::copy_from_slice(read);
        Poll::Ready(Ok(Moved::Some))
    }

    fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut W,
    ) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            match ready!(Pin::new(&mut *writer).poll_write(cx, &self.pending))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.pending.advance(written),
            }
        }
        self.pending = Bytes::new();
        Poll::Ready(Ok(()))
    }

    fn poll_flush<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut W,
    ) -> Poll<io::Result<()>> {
        if self.unflushed {
            ready!(Pin::new(writer).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// The frames of both directions of a WebSocket, as they are watched.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) to_machine: Observer,
    pub(crate) to_visitor: Observer,
}

/// One of two joined sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Visitor,
    Machine,
}

/// Two joined connections.
#[derive(Debug)]
pub(crate) struct Splice<V, M> {
    visitor: V,
    machine: M,
    to_machine: Flow,
    to_visitor: Flow,
    frames: Option<Frames>,
}

impl<V, M> Splice<V, M>
where
    V: AsyncRead + AsyncWrite + Unpin,
    M: AsyncRead + AsyncWrite + Unpin,
{
    /// Joins them; `ahead` is what the visitor sent before the upgrade was granted.
    pub(crate) fn new(visitor: V, machine: M, ahead: Bytes, mut frames: Option<Frames>) -> Self {
        if let Some(frames) = &mut frames {
            frames.to_machine.observe(&ahead);
        }
        let to_machine = Flow { unflushed: !ahead.is_empty(), pending: ahead };
        Self { visitor, machine, to_machine, to_visitor: Flow::default(), frames }
    }

    /// Moves bytes until one side ends, and answers which; `alive` is called at a sign of life of the visitor.
    /// Cancel safe: nothing that was read is lost.
    ///
    /// # Errors
    /// Those of the sockets.
    pub(crate) async fn run(&mut self, alive: &mut (dyn FnMut() + Send)) -> io::Result<Side> {
        std::future::poll_fn(|cx| {
            for _ in 0..ROUNDS_MAX {
                let up = self.poll_to_machine(cx, alive)?;
                let down = self.poll_to_visitor(cx, READ_BYTES)?;
                match (up, down) {
                    (Poll::Ready(Moved::End), _) => return Poll::Ready(Ok(Side::Visitor)),
                    (_, Poll::Ready(Moved::End)) => return Poll::Ready(Ok(Side::Machine)),
                    (Poll::Pending, Poll::Pending) => return Poll::Pending,
                    (Poll::Ready(Moved::Some), _) | (_, Poll::Ready(Moved::Some)) => {}
                }
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    fn poll_to_machine(
        &mut self,
        cx: &mut Context<'_>,
        alive: &mut (dyn FnMut() + Send),
    ) -> Poll<io::Result<Moved>> {
        let frames = &mut self.frames;
        let mut seen = |bytes: &[u8]| {
            // Of another protocol everything that the visitor sends counts.
            let counts = frames.as_mut().is_none_or(|frames| frames.to_machine.observe(bytes));
            if counts {
                alive();
            }
        };
        self.to_machine.poll_move(cx, (&mut self.visitor, &mut self.machine), READ_BYTES, &mut seen)
    }

    fn poll_to_visitor(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<io::Result<Moved>> {
        let frames = &mut self.frames;
        let mut seen = |bytes: &[u8]| {
            if let Some(frames) = frames {
                frames.to_visitor.observe(bytes);
            }
        };
        self.to_visitor.poll_move(cx, (&mut self.machine, &mut self.visitor), most, &mut seen)
    }

    /// Ends a WebSocket as its visitor can understand: the frame under way is finished and a Close follows, unless
    /// the machine has sent one. Another protocol has no such word, and its connection is just closed.
    ///
    /// # Errors
    /// Those of the sockets, also when the machine ends within a frame: then nothing polite can be said.
    pub(crate) async fn close(&mut self, code: u16, reason: &'static str) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_boundary(cx)).await?;
        let silent = |frames: &Frames| !frames.to_visitor.has_closed();
        if self.frames.as_ref().is_some_and(silent) {
            self.visitor.write_all(&close_frame(code, reason)).await?;
        }
        self.visitor.shutdown().await
    }

    /// Moves to the visitor what belongs to the present frame.
    fn poll_boundary(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let most = match &self.frames {
                Some(frames) if !frames.to_visitor.is_between_frames() => frames.to_visitor.until_boundary(),
                Some(_) | None => return self.to_visitor.poll_write(cx, &mut self.visitor),
            };
            if ready!(self.poll_to_visitor(cx, most))? == Moved::End {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
