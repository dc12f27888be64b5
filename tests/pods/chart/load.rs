//! Calls of the platform, several in a second, none of which may fail: reads, links, and whole lives of sandboxes.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::cluster::MACHINE_IMAGE;
use tests::outside::until;
use tokio_util::sync::CancellationToken;

use super::api::Api;

/// Between two calls of one caller.
const PAUSE: Duration = Duration::from_millis(100);
/// An answer that takes longer has failed.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// A sandbox that takes longer from one phase to the next has failed.
const PHASE_MAX: Duration = Duration::from_secs(60);
/// The template of the sandboxes that come and go.
const TEMPLATE: &str = "passing";

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
    answered(request).await.map(drop)
}

/// The answer, which must be a success.
async fn answered(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{status} {text}");
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}

/// Creates a sandbox, runs a command in it and deletes it, over and over, until `stop`; a life that has begun is lived to
/// its end. Nothing is tried twice: a role that ends answers what it was asked.
pub(super) async fn live(api: Api, stop: CancellationToken) -> anyhow::Result<Calls> {
    let client = Client::builder().timeout(ANSWER_MAX).build()?;
    let runs = json!({"container": {"image": MACHINE_IMAGE, "command": ["/bin/sleep", "2147483647"]}});
    let template = json!({"machines": [{"name": "main", "runs": runs, "resources": {"cpu_millis": 100, "memory_mib": 64},
        "start_deadline_s": 60}]});
    api.call(Method::POST, &format!("/v1/templates/{TEMPLATE}/versions"), &template).await?;
    let mut lives = Calls::default();
    for number in 0_u64.. {
        if stop.is_cancelled() {
            break;
        }
        let caller = Caller { api: &api, client: &client };
        match caller.life(number).await.with_context(|| format!("life {number}")) {
            Ok(()) => lives.good += 1,
            Err(error) => lives.bad.push(format!("{error:#}")),
        }
    }
    Ok(lives)
}

/// Who lives so, on connections that are kept.
struct Caller<'a> {
    api: &'a Api,
    client: &'a Client,
}

impl Caller<'_> {
    async fn life(&self, number: u64) -> anyhow::Result<()> {
        let body = json!({"ref": format!("{TEMPLATE}-{number}"), "template": TEMPLATE, "tenant": "school-9",
            "owner": "u-7"});
        let created = self.asks(Method::POST, "/v1/sandboxes", &body).await.context("create")?;
        let id = created["id"].as_str().context("a sandbox without id")?;
        self.is(id, "ready").await?;
        let body = json!({"argv": ["echo", number.to_string()]});
        let said =
            self.asks(Method::POST, &format!("/v1/sandboxes/{id}/exec"), &body).await.context("exec")?;
        ensure!(said["exit_code"] == 0 && said["stdout"] == format!("{number}\n"), "exec: {said}");
        self.asks(Method::DELETE, &format!("/v1/sandboxes/{id}"), &Value::Null).await.context("delete")?;
        self.is(id, "deleted").await
    }

    async fn is(&self, id: &str, phase: &str) -> anyhow::Result<()> {
        let path = format!("/v1/sandboxes/{id}");
        until(&format!("{id} is {phase}"), PHASE_MAX, async || {
            tokio::time::sleep(PAUSE).await;
            let sandbox = self.asks(Method::GET, &path, &Value::Null).await.context("get")?;
            let (now, cause) = (&sandbox["phase"], &sandbox["cause"]["slug"]);
            ensure!(now != "failed" || phase == "failed", "{id} failed: {cause}");
            Ok((now == phase).then_some(()))
        })
        .await
    }

    async fn asks(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.api.request(self.client, method, path);
        answered(if body.is_null() { request } else { request.json(body) }).await
    }
}
