//! Calls of the platform, several in a second, none of which may fail.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::api::Api;

/// Between two calls of one caller.
const PAUSE: Duration = Duration::from_millis(100);
/// An answer that takes longer has failed.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What became of the calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Calls that were answered with success.
    pub(super) good: u64,
    /// What went wrong with the others.
    pub(super) bad: Vec<String>,
}

/// Reads and asks for links, until `stop`: on connections that are kept, or each on a new one.
pub(super) async fn call(
    api: Api,
    id: String,
    keeps: bool,
    stop: CancellationToken,
) -> anyhow::Result<Calls> {
    let idle = if keeps { usize::MAX } else { 0 };
    let client = Client::builder().timeout(ANSWER_MAX).pool_max_idle_per_host(idle).build()?;
    let (mut calls, mut count) = (Calls::default(), 0);
    while !stop.is_cancelled() {
        count += 1;
        match one(&api, &client, &id, count).await {
            Ok(()) => calls.good += 1,
            Err(error) => calls.bad.push(format!("{error:#}")),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(calls)
}

async fn one(api: &Api, client: &Client, id: &str, count: u64) -> anyhow::Result<()> {
    let request = match count % 3 {
        0 => {
            let body = json!({"app": "count", "user": "u-7", "role": "student"});
            api.request(client, Method::POST, &format!("/v1/sandboxes/{id}/access")).json(&body)
        }
        1 => api.request(client, Method::GET, &format!("/v1/sandboxes/{id}")),
        _ => api.request(client, Method::GET, "/v1/sandboxes?limit=100"),
    };
    let answer = request.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    anyhow::ensure!(status.is_success(), "{status} {text}");
    Ok(())
}
