//! The platform's event stream, each event with the moment at which it came.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use region::api::events::Parser;
use serde_json::Value;

use super::region::Region;

/// Longer than anything that is measured takes.
const EVENT_DEADLINE: Duration = Duration::from_secs(240);

/// Events from now on.
pub(super) struct Events {
    bytes: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    parser: Parser,
    parsed: std::vec::IntoIter<String>,
    came_at: Instant,
}

impl Events {
    /// Opens the stream.
    pub(super) async fn open(region: &Region) -> anyhow::Result<Self> {
        let url = format!("http://{}/v1/events/watch", region.api);
        let answer = reqwest::Client::new().get(url).bearer_auth(&region.key).send().await?;
        ensure!(answer.status().is_success(), "the event stream: {}", answer.status());
        let bytes = answer.bytes_stream().boxed();
        Ok(Self { bytes, parser: Parser::default(), parsed: Vec::new().into_iter(), came_at: Instant::now() })
    }

    /// When the event came in which a sandbox has reached this phase; `id` none: the next sandbox that has, with its id.
    pub(super) async fn reached(
        &mut self,
        id: Option<&str>,
        phase: &str,
    ) -> anyhow::Result<(String, Instant)> {
        loop {
            let sandbox = self.next().await?["sandbox"].take();
            let is_it = id.is_none_or(|id| sandbox["id"] == id) && sandbox["phase"] == phase;
            let has_failed = sandbox["phase"] == "failed";
            ensure!(!has_failed, "{} failed: {}", sandbox["id"], sandbox["cause"]);
            if is_it {
                let id = sandbox["id"].as_str().context("a sandbox without id")?;
                return Ok((id.to_owned(), self.came_at));
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            if let Some(event) = self.parsed.next() {
                return Ok(serde_json::from_str(&event)?);
            }
            let bytes =
                tokio::time::timeout(EVENT_DEADLINE, self.bytes.next()).await.context("no event in time")?;
            self.came_at = Instant::now();
            self.parsed = self.parser.push(&bytes.context("the event stream ended")??)?.into_iter();
        }
    }
}
