//! Heads of requests out of the bytes of a connection.

use std::time::Duration;

use runtime::Stop;
use tokio::time::{Instant, timeout_at};

use super::super::head::{HEAD_MAX_BYTES, Refusal, Request, find_end, parse};
use super::super::wire::Wire;

/// How long a connection may lie idle between two requests.
const IDLE: Duration = Duration::from_secs(90);
/// From the first to the last byte of a head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// What comes next on a connection.
#[derive(Debug)]
pub(super) enum Next {
    Request(Request),
    Refused(Refusal),
    /// The client has closed it, it lay idle, or we are stopping.
    Closed,
}

/// The bytes that were read and not used yet: pipelined requests wait here.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    pub(super) async fn next(&mut self, wire: &mut Wire, stop: &Stop) -> Next {
        if self.buffer.is_empty() && !self.first_bytes(wire, stop).await {
            return Next::Closed;
        }
        let deadline = Instant::now() + HEAD_WITHIN;
        let mut seen = 0;
        loop {
            if !is_like_http(&self.buffer) {
                return Next::Refused(Refusal::Malformed);
            }
            if let Some(end) = find_end(&self.buffer, seen) {
                return self.take(end);
            }
            seen = self.buffer.len();
            if seen >= HEAD_MAX_BYTES {
                return Next::Refused(Refusal::TooLarge);
            }
            match timeout_at(deadline, wire.read(&mut self.buffer, HEAD_MAX_BYTES)).await {
                Ok(Ok(read)) if read > 0 => {}
                Ok(_) => return Next::Closed,
                Err(_) => return Next::Refused(Refusal::TooSlow),
            }
        }
    }

    async fn first_bytes(&mut self, wire: &mut Wire, stop: &Stop) -> bool {
        // An idle connection keeps no buffer.
        self.buffer = Vec::new();
        let deadline = Instant::now() + IDLE;
        let reading = timeout_at(deadline, wire.read(&mut self.buffer, HEAD_MAX_BYTES));
        matches!(stop.unless_soft(reading).await, Some(Ok(Ok(read))) if read > 0)
    }

    fn take(&mut self, end: usize) -> Next {
        let request = parse(&self.buffer[..end]);
        self.buffer.drain(..end);
        match request {
            Ok(request) => Next::Request(request),
            Err(refusal) => Next::Refused(refusal),
        }
    }
}

/// Clients that are told of an insecure registry try TLS first; the sooner they are refused, the sooner they
/// ask in the clear. A method begins with a letter.
fn is_like_http(head: &[u8]) -> bool {
    head.first().is_none_or(|first| first.is_ascii_alphabetic() || first.is_ascii_whitespace())
}
