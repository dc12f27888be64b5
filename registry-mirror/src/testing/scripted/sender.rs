//! A body in memory, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use crate::source::Fault;
use crate::testing::counts::Counters;

const CHUNK_BYTES: usize = 64 * 1024;

/// Other bytes of the same length.
pub(in super::super) fn flip(bytes: &Bytes) -> Bytes {
    let mut other = bytes.to_vec();
    let middle = other.len() / 2;
    if let Some(byte) = other.get_mut(middle) {
        *byte ^= 1;
    }
    other.into()
}

/// How a body comes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Good,
    Cut(u64),
    Stalled(u64),
    Slow(u64),
    TooLong,
}

pub(super) struct Sender {
    pub(super) rest: Bytes,
    pub(super) sent: u64,
    pub(super) ending: Ending,
    /// What a cut is.
    pub(super) cut: Fault,
    /// What comes after the last byte, if something does.
    pub(super) too_long: Option<Fault>,
    pub(super) counts: Arc<Counters>,
}

impl Sender {
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        let mut most = CHUNK_BYTES.min(self.rest.len());
        match self.ending {
            Ending::Cut(after) if self.sent >= after && most > 0 => {
                self.rest.clear();
                return Some(Err(self.cut.clone()));
            }
            Ending::Stalled(after) if self.sent >= after => std::future::pending().await,
            Ending::Cut(after) | Ending::Stalled(after) => {
                most = most.min(usize::try_from(after - self.sent.min(after)).unwrap_or(most));
            }
            Ending::Slow(bytes_per_s) => {
                most = most.min(usize::try_from(bytes_per_s / 20).unwrap_or(most).max(1));
                sleep(Duration::from_secs_f64(most as f64 / bytes_per_s as f64)).await;
            }
            Ending::Good | Ending::TooLong => {}
        }
        if most == 0 {
            return self.too_long.take().map(Err);
        }
        self.sent += most as u64;
        Counters::add(&self.counts.blob_bytes, most as u64);
        Some(Ok(self.rest.split_to(most)))
    }
}
