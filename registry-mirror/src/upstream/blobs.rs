//! Blobs of an upstream.

use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::digest::Digest;
use crate::name::Repository;
use crate::source::{Body, Fault};

use super::HttpSource;
use super::answer::{Answer, content_length, content_range, corrupt};
use super::ask::{Ask, Span};
use super::body::Flow;

const ACCEPT_BLOBS: &str = "application/octet-stream, */*";

impl HttpSource {
    pub(super) async fn measure_blob(&self, repository: &Repository, digest: &Digest) -> Result<u64, Fault> {
        let _turn = self.turn().await?;
        let url = self.url(repository, &format!("blobs/{digest}"));
        let head = Ask::head(url.clone(), repository, ACCEPT_BLOBS);
        let answer = self.exchange.ask_again(&head).await?;
        let size = content_length(answer.response.headers());
        match size.filter(|_| !answer.refuses_head) {
            Some(size) => Ok(size),
            None => self.size_of_first(Ask::get(url, repository, ACCEPT_BLOBS)).await,
        }
    }

    async fn size_of_first(&self, ask: Ask<'_>) -> Result<u64, Fault> {
        let answer = self.exchange.ask(&ask.spanning(Span::First)).await?;
        let headers = answer.response.headers();
        let size = match answer.response.status() {
            StatusCode::PARTIAL_CONTENT => content_range(headers).and_then(|(_, size)| size),
            _ => content_length(headers),
        };
        size.ok_or_else(|| corrupt(&self.exchange.name, "a blob that does not say how long it is"))
    }

    pub(super) async fn open_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        from: u64,
    ) -> Result<Body, Fault> {
        let permit = Arc::clone(&self.blobs).acquire_owned().await.map_err(|_| self.closing())?;
        let url = self.url(repository, &format!("blobs/{digest}"));
        let span = if from == 0 { Span::Whole } else { Span::From(from) };
        let ask = Ask::get(url, repository, ACCEPT_BLOBS).spanning(span);
        let answer = self.exchange.ask(&ask).await?;
        let (from, size) = match self.place(&answer, from)? {
            (from, Some(size)) => (from, size),
            (from, None) => (from, self.measure_blob(repository, digest).await?),
        };
        let flow = Flow {
            name: self.exchange.name.clone(),
            expected: size.saturating_sub(from),
            idle_timeout: self.idle_timeout,
            _permit: permit,
        };
        Ok(Body { size, from, stream: flow.of(answer.response) })
    }

    /// Where an answer begins, and how large the whole is if it says so.
    fn place(&self, answer: &Answer, asked: u64) -> Result<(u64, Option<u64>), Fault> {
        let headers: &HeaderMap = answer.response.headers();
        match answer.response.status() {
            StatusCode::PARTIAL_CONTENT => match content_range(headers) {
                Some((from, size)) if from == asked => Ok((from, size)),
                Some(_) | None => Err(corrupt(&self.exchange.name, "another range than was asked for")),
            },
            _ => Ok((0, content_length(headers))),
        }
    }
}
