//! A blob's bytes on their way, and how they come to an end before their time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::time::sleep;

use super::reply::Reply;
use super::state::State;
use crate::testing::counts::Counters;
use crate::testing::trouble::Trouble;

const CHUNK_BYTES: usize = 64 * 1024;

/// How a body comes to an end before its time.
#[derive(Clone, Copy, Debug)]
enum End {
    Broken(u64),
    Stalled(u64),
}

struct Sender {
    state: Arc<State>,
    rest: Bytes,
    sent: u64,
    end: Option<End>,
    bytes_per_s: Option<u64>,
}

pub(super) fn body(state: &Arc<State>, bytes: Bytes) -> Reply {
    let end = state.trouble.find(|trouble| match trouble {
        Trouble::Cut { after_bytes } => Some(End::Broken(*after_bytes)),
        Trouble::Stalled { after_bytes } => Some(End::Stalled(*after_bytes)),
        _ => None,
    });
    let bytes_per_s = state.trouble.find(|trouble| match trouble {
        Trouble::Slow { bytes_per_s } => Some((*bytes_per_s).max(1)),
        _ => None,
    });
    let sender = Sender { state: Arc::clone(state), rest: bytes, sent: 0, end, bytes_per_s };
    let frames = stream::unfold(sender, |mut sender| async move {
        let next = sender.next().await?;
        Some((next.map(Frame::data), sender))
    });
    StreamBody::new(Box::pin(frames) as stream::BoxStream<'static, _>).boxed_unsync()
}

impl Sender {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut most = CHUNK_BYTES.min(self.rest.len());
        match self.end {
            Some(End::Broken(after)) if self.sent >= after => {
                // What was sent before leaves the buffer only when the body pauses.
                tokio::task::yield_now().await;
                return Some(Err(io::Error::other("cut")));
            }
            Some(End::Stalled(after)) if self.sent >= after => std::future::pending().await,
            Some(End::Broken(after) | End::Stalled(after)) => {
                most = most.min(usize::try_from(after - self.sent).unwrap_or(most));
            }
            None => {}
        }
        if let Some(bytes_per_s) = self.bytes_per_s {
            most = most.min(usize::try_from(bytes_per_s / 20).unwrap_or(most).max(1));
            sleep(Duration::from_secs_f64(most as f64 / bytes_per_s as f64)).await;
        }
        self.state.pace.take(most).await;
        self.sent += most as u64;
        Counters::add(&self.state.counts.blob_bytes, most as u64);
        Some(Ok(self.rest.split_to(most)))
    }
}
