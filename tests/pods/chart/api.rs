//! The platform, which calls the region through its Service.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tests::cluster::{NODES, kubectl, kubectl_json};
use tests::outside::until;
use tokio::process::Command;

use super::install::NAMESPACE;

/// Service addresses, which only nodes translate.
const SERVICES: &str = "10.96.0.0/16";
/// An answer may take so long.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// A sandbox may take so long; its image may be new to the node.
const PHASE_MAX: Duration = Duration::from_secs(90);

/// The API with a key.
#[derive(Clone, Debug)]
pub(super) struct Api {
    /// Trusts what this API's certificate is signed by.
    client: reqwest::Client,
    /// Where the API's Service is.
    pub(super) url: String,
    /// The key.
    pub(super) key: String,
    /// Where the proxy's Service is.
    pub(super) proxy: SocketAddr,
}

/// Lets the hub reach Services by way of a node, which does for it what a load balancer would.
pub(super) async fn reach_services() -> anyhow::Result<()> {
    let (_, door) = NODES[0];
    route(&["replace", SERVICES, "via", door]).await
}

/// Takes that back.
pub(super) async fn leave_services() -> anyhow::Result<()> {
    route(&["del", SERVICES]).await
}

async fn route(words: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("ip").arg("route").args(words).status().await?;
    ensure!(status.success(), "ip route {words:?}: {status}");
    Ok(())
}

impl Api {
    /// Makes a key as docs/chart.md says, and finds the Services of the region whose objects' names begin so.
    pub(super) async fn with_new_key(region: &str) -> anyhow::Result<Self> {
        let deployment = format!("deployment/{region}-api-server");
        let made = ["--namespace", NAMESPACE, "exec", &deployment, "--"];
        let words = ["/region", "key", "create", "--name", "platform", "--scope", "operator", "--json"];
        let made: Value = serde_json::from_str(&kubectl(&[&made[..], &words[..]].concat()).await?)?;
        let key = made["key"].as_str().with_context(|| {
            format!("no key among {:?}", made.as_object().map(|made| made.keys().collect::<Vec<_>>()))
        })?;
        let url = format!("http://{}", service(&format!("{region}-api-server")).await?);
        let client = reqwest::Client::builder().timeout(ANSWER_MAX).build()?;
        Ok(Self { client, url, key: key.to_owned(), proxy: service(&format!("{region}-proxy")).await? })
    }

    /// The same API at the same address, which now speaks TLS with a certificate of this authority.
    pub(super) fn over_tls(&self, authority: &reqwest::Certificate) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(ANSWER_MAX);
        let client = client.tls_built_in_root_certs(false).add_root_certificate(authority.clone()).build()?;
        Ok(Self { client, url: self.url.replace("http://", "https://"), ..self.clone() })
    }

    /// Where it is, without the scheme.
    pub(super) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.url.split("//").last().unwrap_or_default().parse()?)
    }

    /// A call that is answered with success.
    pub(super) async fn call(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.request(&self.client, method.clone(), path);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    /// A request that carries the key.
    pub(super) fn request(
        &self,
        client: &reqwest::Client,
        method: Method,
        path: &str,
    ) -> reqwest::RequestBuilder {
        client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key)
    }

    /// Publishes a template and creates a sandbox of it; its id, once it is ready.
    pub(super) async fn sandbox(&self, name: &str, template: &Value) -> anyhow::Result<String> {
        self.call(Method::POST, &format!("/v1/templates/{name}/versions"), template).await?;
        let body = json!({"ref": name, "template": name, "tenant": "school-9", "owner": "u-7"});
        let created = self.call(Method::POST, "/v1/sandboxes", &body).await?;
        let id = created["id"].as_str().context("a sandbox without id")?.to_owned();
        self.phase(&id, "ready").await?;
        Ok(id)
    }

    /// What a command in the machine `main` wrote.
    pub(super) async fn exec(&self, id: &str, argv: &[&str]) -> anyhow::Result<String> {
        let body = json!({"machine": "main", "argv": argv});
        let said = self.call(Method::POST, &format!("/v1/sandboxes/{id}/exec"), &body).await?;
        ensure!(said["exit_code"] == 0, "{argv:?}: {said}");
        Ok(said["stdout"].as_str().context("no output")?.to_owned())
    }

    /// A link to an app.
    pub(super) async fn access(&self, id: &str, app: &str) -> anyhow::Result<String> {
        let body = json!({"app": app, "user": "u-7", "role": "student"});
        let entrance = self.call(Method::POST, &format!("/v1/sandboxes/{id}/access"), &body).await?;
        Ok(entrance["url"].as_str().context("an entrance without url")?.to_owned())
    }

    /// Deletes a sandbox and waits until it is gone.
    pub(super) async fn delete(&self, id: &str) -> anyhow::Result<()> {
        self.call(Method::DELETE, &format!("/v1/sandboxes/{id}"), &Value::Null).await?;
        self.phase(id, "deleted").await
    }

    pub(super) async fn phase(&self, id: &str, phase: &str) -> anyhow::Result<()> {
        let (mut last, what) = (Value::Null, format!("{id} is {phase}"));
        let reached = until(&what, PHASE_MAX, async || {
            last = self.call(Method::GET, &format!("/v1/sandboxes/{id}"), &Value::Null).await?;
            ensure!(last["phase"] == phase || last["phase"] != "failed", "{id} failed");
            Ok((last["phase"] == phase).then_some(()))
        });
        let reached = reached.await;
        reached.with_context(|| format!("it is {}: {}", last["phase"], last["cause"]))
    }
}

/// The cluster's own address of a Service, with its first port.
async fn service(name: &str) -> anyhow::Result<SocketAddr> {
    let service = kubectl_json(&["--namespace", NAMESPACE, "get", "service", name]).await?;
    let (ip, port) = (&service["spec"]["clusterIP"], &service["spec"]["ports"][0]["port"]);
    Ok(format!("{}:{port}", ip.as_str().context("a Service without address")?).parse()?)
}
