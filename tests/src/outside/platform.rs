//! The platform's calls.

use std::time::Duration;

use anyhow::{Context as _, bail};
use http::Method;
use serde_json::{Value, json};

use super::connection::{Answer, Connection};

/// A sandbox that takes longer to get where it should be is an error.
const PHASE_DEADLINE: Duration = Duration::from_secs(60);
const PHASE_INTERVAL: Duration = Duration::from_millis(20);
const TENANT: &str = "school-9";

/// The platform with its own connection.
#[derive(Debug)]
pub struct Platform {
    connection: Connection,
}

impl Platform {
    /// The platform on a connection that carries its key.
    #[must_use]
    pub const fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Any call with a JSON body, answered with success.
    ///
    /// # Errors
    /// The answer, when it is none.
    pub async fn call(&mut self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.raw(method.clone(), path, body.to_string().into_bytes()).await?;
        answer.json().with_context(|| format!("{method} {path}"))
    }

    /// Any call, with whatever answer.
    ///
    /// # Errors
    /// That the connection broke.
    pub async fn raw(&mut self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<Answer> {
        self.connection.send(method, path, body).await
    }

    /// Publishes a template.
    ///
    /// # Errors
    /// As [`Platform::call`].
    pub async fn publish(&mut self, name: &str, template: &Value) -> anyhow::Result<()> {
        let path = format!("/v1/templates/{name}/versions");
        self.call(Method::POST, &path, template).await.map(drop)
    }

    /// Creates a sandbox and gives its id.
    ///
    /// # Errors
    /// As [`Platform::call`].
    pub async fn create(&mut self, r#ref: &str, template: &str) -> anyhow::Result<String> {
        let body = json!({"ref": r#ref, "template": template, "tenant": TENANT, "owner": "u-7"});
        let created = self.call(Method::POST, "/v1/sandboxes", &body).await?;
        created["id"].as_str().map(ToOwned::to_owned).context("a sandbox without id")
    }

    /// `stop`, `start` or `reset`.
    ///
    /// # Errors
    /// As [`Platform::call`].
    pub async fn command(&mut self, id: &str, command: &str) -> anyhow::Result<()> {
        self.call(Method::POST, &format!("/v1/sandboxes/{id}/{command}"), &json!({})).await.map(drop)
    }

    /// Deletes a sandbox.
    ///
    /// # Errors
    /// As [`Platform::call`].
    pub async fn delete(&mut self, id: &str) -> anyhow::Result<()> {
        self.call(Method::DELETE, &format!("/v1/sandboxes/{id}"), &Value::Null).await.map(drop)
    }

    /// The URL with a ticket to an app.
    ///
    /// # Errors
    /// As [`Platform::call`].
    pub async fn access(&mut self, id: &str, app: &str) -> anyhow::Result<String> {
        let body = json!({"app": app, "user": "u-7", "role": "student"});
        let entrance = self.call(Method::POST, &format!("/v1/sandboxes/{id}/access"), &body).await?;
        entrance["url"].as_str().map(ToOwned::to_owned).context("an entrance without url")
    }

    /// Sandboxes that are not deleted, of the first page.
    ///
    /// # Errors
    /// As [`Platform::call`].
    pub async fn list(&mut self) -> anyhow::Result<Vec<Value>> {
        let page = self.call(Method::GET, "/v1/sandboxes?limit=500", &Value::Null).await?;
        page["items"].as_array().cloned().context("a page without items")
    }

    /// Asks for the deletion of every sandbox of the first page.
    ///
    /// # Errors
    /// As [`Platform::call`].
    pub async fn delete_all(&mut self) -> anyhow::Result<()> {
        for sandbox in self.list().await? {
            if let Some(id) = sandbox["id"].as_str() {
                self.delete(id).await?;
            }
        }
        Ok(())
    }

    /// Waits until a sandbox is in a phase; its object then.
    ///
    /// # Errors
    /// That it failed, or did not get there in time.
    pub async fn phase(&mut self, id: &str, phase: &str) -> anyhow::Result<Value> {
        let begun = std::time::Instant::now();
        loop {
            let sandbox = self.call(Method::GET, &format!("/v1/sandboxes/{id}"), &Value::Null).await?;
            if sandbox["phase"] == phase {
                return Ok(sandbox);
            }
            if sandbox["phase"] == "failed" || begun.elapsed() > PHASE_DEADLINE {
                bail!("{id} is {} and not {phase}: {}", sandbox["phase"], sandbox["cause"]);
            }
            tokio::time::sleep(PHASE_INTERVAL).await;
        }
    }
}
