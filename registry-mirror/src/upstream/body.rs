//! The bytes of an answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use reqwest::Response;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::source::Fault;

use super::answer::{corrupt, unavailable};
use super::failure::describe;

/// A body of at most `max_bytes`, whole.
pub(super) async fn collect(mut response: Response, max_bytes: u64, name: &str) -> Result<Bytes, Fault> {
    let too_large = || corrupt(name, format!("larger than {max_bytes} bytes"));
    if response.content_length().is_some_and(|length| length > max_bytes) {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unavailable(name, describe(&error)))? {
        if (bytes.len() + chunk.len()) as u64 > max_bytes {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// A body on its way to somebody.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) name: String,
    /// So many bytes must come.
    pub(super) expected: u64,
    /// The longest wait for the next ones.
    pub(super) idle_timeout: Duration,
    /// Held until the last.
    pub(super) _permit: OwnedSemaphorePermit,
}

impl Flow {
    /// The bytes; the stream ends with a fault when they are too few, too many or too slow.
    pub(super) fn of(self, response: Response) -> BoxStream<'static, Result<Bytes, Fault>> {
        let bytes = response.bytes_stream();
        let state = Some((self, bytes.boxed(), 0));
        Box::pin(stream::unfold(state, |state| async move {
            let (flow, mut bytes, received) = state?;
            let next = timeout(flow.idle_timeout, bytes.next()).await;
            match flow.judge(next, received) {
                Some(Ok(chunk)) => {
                    let received = received + chunk.len() as u64;
                    Some((Ok(chunk), Some((flow, bytes, received))))
                }
                Some(Err(fault)) => Some((Err(fault), None)),
                None => None,
            }
        }))
    }

    fn judge(&self, next: Next, received: u64) -> Option<Result<Bytes, Fault>> {
        let (name, expected) = (&self.name, self.expected);
        let place = || format!("after {received} of {expected} bytes");
        match next {
            Err(_) => Some(Err(unavailable(name, format!("nothing came for too long {}", place())))),
            Ok(Some(Err(error))) => Some(Err(unavailable(name, format!("{} {}", describe(&error), place())))),
            Ok(Some(Ok(chunk))) if received + chunk.len() as u64 > expected => {
                Some(Err(corrupt(name, format!("longer than the {expected} bytes it announced"))))
            }
            Ok(Some(Ok(chunk))) => Some(Ok(chunk)),
            Ok(None) if received < expected => Some(Err(unavailable(name, format!("ended {}", place())))),
            Ok(None) => None,
        }
    }
}

type Next = Result<Option<reqwest::Result<Bytes>>, tokio::time::error::Elapsed>;
