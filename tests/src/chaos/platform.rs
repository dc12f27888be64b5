//! The platform as it should be: it asks another replica when one does not answer, and says the same again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::processes::{Ground, Role};

/// How long one replica may take for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How long all replicas together may: longer than any freeze.
const PATIENCE: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_millis(100);

/// A client of the API.
#[derive(Debug)]
pub(super) struct Platform {
    ground: Arc<Ground>,
    client: reqwest::Client,
    next: AtomicUsize,
    /// Calls that a replica did not answer, and that were made again.
    pub(super) retried: AtomicU64,
}

impl Platform {
    /// A client of a region's API.
    ///
    /// # Errors
    /// None but of the TLS library.
    pub(super) fn new(ground: Arc<Ground>) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(ANSWER_MAX).build()?;
        Ok(Self { ground, client, next: AtomicUsize::new(0), retried: AtomicU64::new(0) })
    }

    /// Publishes a template.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn publish(&self, name: &str, template: &Value) -> anyhow::Result<()> {
        self.accepted(Method::POST, &format!("/v1/templates/{name}/versions"), template).await.map(drop)
    }

    /// Creates a sandbox; a repeat gives the same.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn create(&self, r#ref: &str, template: &str, tenant: &str) -> anyhow::Result<Value> {
        let body = json!({ "ref": r#ref, "template": template, "tenant": tenant, "owner": "u-1" });
        self.accepted(Method::POST, "/v1/sandboxes", &body).await
    }

    /// A sandbox; none when it is deleted.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn get(&self, id: &str) -> anyhow::Result<Option<Value>> {
        let (status, body) = self.call(Method::GET, &format!("/v1/sandboxes/{id}"), &Value::Null).await?;
        match status {
            StatusCode::OK => Ok(Some(body).filter(|sandbox| sandbox["phase"] != "deleted")),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            _ => bail!("get {id}: {status} {body}"),
        }
    }

    /// Every sandbox that is not deleted.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn list(&self) -> anyhow::Result<Vec<Value>> {
        let (status, mut body) = self.call(Method::GET, "/v1/sandboxes?limit=500", &Value::Null).await?;
        ensure!(status.is_success(), "list: {status} {body}");
        let items = body["items"].as_array_mut().context("a list without items")?;
        items.retain(|sandbox| sandbox["phase"] != "deleted");
        Ok(std::mem::take(items))
    }

    /// Stop, start, reset: exactly once, because it names the generation that it is meant for.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn command(&self, id: &str, name: &str) -> anyhow::Result<()> {
        let before = self.generation(id).await?;
        let path = format!("/v1/sandboxes/{id}/{name}");
        let (status, body) = self.call(Method::POST, &path, &json!({ "if_generation": before })).await?;
        // Nobody else commands this sandbox: an earlier try of this very call was done, and its answer lost.
        let was_done = status == StatusCode::CONFLICT && self.generation(id).await? > before;
        ensure!(status.is_success() || was_done, "{name} {id}: {status} {body}");
        Ok(())
    }

    async fn generation(&self, id: &str) -> anyhow::Result<u64> {
        let sandbox = self.get(id).await?.with_context(|| format!("{id} is gone"))?;
        sandbox["generation"].as_u64().context("a sandbox without generation")
    }

    /// Deletes a sandbox; a repeat changes nothing.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn delete(&self, id: &str) -> anyhow::Result<()> {
        let (status, body) = self.call(Method::DELETE, &format!("/v1/sandboxes/{id}"), &Value::Null).await?;
        ensure!(status.is_success() || status == StatusCode::NOT_FOUND, "delete {id}: {status} {body}");
        Ok(())
    }

    /// Runs a shell command in a machine, which must succeed; its output.
    ///
    /// # Errors
    /// A refusal, or all that is known of a command that failed.
    pub(super) async fn shell(&self, id: &str, command: &str) -> anyhow::Result<String> {
        let body = json!({ "argv": ["sh", "-c", command], "timeout_s": 10 });
        let answer = self.accepted(Method::POST, &format!("/v1/sandboxes/{id}/exec"), &body).await?;
        ensure!(answer["exit_code"] == 0, "{id}: {command:?}: {answer}");
        Ok(answer["stdout"].as_str().unwrap_or_default().to_owned())
    }

    /// A link for one user to one app.
    ///
    /// # Errors
    /// A refusal.
    pub(super) async fn access(&self, id: &str, app: &str) -> anyhow::Result<String> {
        let body = json!({ "app": app, "user": "u-1", "role": "student" });
        let answer = self.accepted(Method::POST, &format!("/v1/sandboxes/{id}/access"), &body).await?;
        Ok(answer["url"].as_str().context("an access without url")?.to_owned())
    }

    /// Waits until a sandbox is in a phase; none stands for deleted.
    ///
    /// # Errors
    /// When it fails, or does not get there in time.
    pub(super) async fn phase(
        &self,
        id: &str,
        phase: Option<&str>,
        patience: Duration,
    ) -> anyhow::Result<()> {
        const POLL: Duration = Duration::from_millis(250);
        let (deadline, mut last) = (Instant::now() + patience, Value::Null);
        loop {
            let sandbox = self.get(id).await?;
            let is_there = match (&sandbox, phase) {
                (Some(sandbox), Some(phase)) => is_settled(sandbox) && sandbox["phase"] == phase,
                (None, None) => true,
                (None, Some(phase)) => bail!("{id} is lost; it was to become {phase}; last {last}"),
                (Some(_), None) => false,
            };
            if is_there {
                return Ok(());
            }
            let seen = sandbox.unwrap_or_default();
            last.clone_from(&seen);
            ensure!(seen["phase"] != "failed", "{id} failed: {seen}");
            ensure!(Instant::now() < deadline, "{id} does not become {phase:?} in time: {seen}");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn accepted(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.call(method, path, body).await?;
        ensure!(status.is_success(), "{path}: {status} {answer}");
        Ok(answer)
    }

    /// One call, made again elsewhere until somebody answers.
    async fn call(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<(StatusCode, Value)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed) % self.ground.replicas;
            let address = self.ground.addresses(Role::ApiServer, index).0;
            let request = self.client.request(method.clone(), format!("http://{address}{path}"));
            let request = request.bearer_auth(&self.ground.key);
            let request = if body.is_null() { request } else { request.json(body) };
            let failure = match answer(request).await {
                Ok((status, body)) if !is_ours_to_repeat(status) => return Ok((status, body)),
                Ok((status, body)) => format!("{status} {body}"),
                Err(error) => format!("{error:#}"),
            };
            ensure!(Instant::now() < deadline, "{method} {path}: nobody answers; last: {failure}");
            self.retried.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// Whether a sandbox is where it is wanted.
#[must_use]
pub(super) fn is_settled(sandbox: &Value) -> bool {
    let there = match sandbox["wanted"].as_str() {
        Some("running") => sandbox["phase"] == "ready",
        Some("stopped") => sandbox["phase"] == "stopped",
        _ => false,
    };
    there && sandbox["generation"] == sandbox["observed_generation"]
}

fn is_ours_to_repeat(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    Ok((status, body))
}
