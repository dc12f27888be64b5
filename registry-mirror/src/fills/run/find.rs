//! Whom to ask, and how large the blob is.

use tokio::time::{sleep, timeout};

use super::{Found, Run};
use crate::fills::Origin;
use crate::fills::candidates::Next;
use crate::fills::fill::Fill;
use crate::fills::patience::ANSWER_WITHIN;
use crate::source::{Body, Fault};

impl Run<'_> {
    /// Asks candidates until one answers, for as long as patience lasts.
    pub(super) async fn ask<T, F>(&self, question: impl Fn(Origin) -> F) -> Result<(usize, T), Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        while !self.patience().is_zero() {
            match self.fill.candidates.next() {
                Next::Ask(index, origin) => {
                    let name = origin.source.name().to_owned();
                    let answer = timeout(ANSWER_WITHIN, question(origin)).await;
                    match answer.unwrap_or_else(|_| Err(no_answer(name))) {
                        Ok(answer) => return Ok((index, answer)),
                        Err(fault) => self.fill.candidates.failed(index, fault),
                    }
                }
                Next::Wait(pause) => tokio::select! {
                    () = sleep(pause.min(self.patience())) => {}
                    () = self.fill.candidates.added() => {}
                },
                Next::Nobody(fault) => return Err(fault),
            }
        }
        Err(self.fill.candidates.last_fault())
    }

    /// The size: of what an earlier fill left, from the beginning of the blob itself, or, while others fill
    /// the line, by asking only for it, so that nobody waits for headers.
    pub(super) async fn find(&self) -> Result<Found, Fault> {
        if let Some(size) = self.core.place.unfinished(self.fill.digest()) {
            return Ok(Found { size, answer: None });
        }
        if self.core.bounds.flight.is_open() {
            let (index, body) = self.ask(|origin| open(origin, self.fill, 0)).await?;
            return Ok(Found { size: body.size, answer: Some((index, body)) });
        }
        let size = |origin: Origin| async move {
            origin.source.blob_size(&origin.repository, self.fill.digest()).await
        };
        Ok(Found { size: self.ask(size).await?.1, answer: None })
    }
}

pub(super) async fn open(origin: Origin, fill: &Fill, from: u64) -> Result<Body, Fault> {
    origin.source.blob(&origin.repository, fill.digest(), from).await
}

fn no_answer(source_name: String) -> Fault {
    let reason = format!("no answer within {} seconds", ANSWER_WITHIN.as_secs());
    Fault::Unavailable { source_name, reason }
}
