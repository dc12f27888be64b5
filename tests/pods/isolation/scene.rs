//! A region on pods, with sandboxes whose machines are told what to try.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use tests::cluster::{MACHINE_IMAGE, Pods};
use tests::outside::{Connection, Platform, until};
use tests::processes::{Fleet, Machines, Role};

/// How long a cause may take to show: the kubelet measures scratch space every 10 s and more.
const CAUSE_DEADLINE: Duration = Duration::from_secs(90);
const EXEC_TIMEOUT_S: u64 = 30;

/// A region on pods.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) fleet: Fleet,
    pub(super) pods: Pods,
    pub(super) platform: Platform,
}

/// What a sandbox is made from.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) egress: Value,
    pub(super) command: Value,
    pub(super) memory_mib: u64,
    pub(super) disk_mib: u64,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            egress: json!("none"),
            command: json!(["sleep", "2147483647"]),
            memory_mib: 128,
            disk_mib: 128,
        }
    }
}

/// A sandbox that is ready.
#[derive(Clone, Debug)]
pub(super) struct Sandbox {
    pub(super) id: String,
    pub(super) address: Ipv4Addr,
    pub(super) node: String,
    /// The pod's uid.
    pub(super) uid: String,
}

/// What a command in a machine came to.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) exit_code: Option<i64>,
    pub(super) text: String,
}

impl Scene {
    pub(super) async fn start(name: &str) -> anyhow::Result<Self> {
        let pods = Pods::new(name).await?;
        let fleet = Fleet::start(Machines::Pods(pods.clone())).await?;
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", fleet.ground.key).parse()?);
        let api = fleet.ground.addresses(Role::ApiServer, 0).0;
        let platform = Platform::new(Connection::open(api, "localhost", headers).await?);
        Ok(Self { fleet, pods, platform })
    }

    /// Where students come in.
    pub(super) fn proxy(&self) -> SocketAddr {
        self.fleet.ground.addresses(Role::Proxy, 0).0
    }

    /// Asks for a sandbox of a template of its own; its id.
    pub(super) async fn create(&mut self, name: &str, tenant: &str, kind: Kind) -> anyhow::Result<String> {
        let Kind { egress, command, memory_mib, disk_mib } = kind;
        let template = json!({
            "machines": [{
                "name": "main", "runs": {"container": {"image": MACHINE_IMAGE, "command": command}},
                "resources": {"cpu_millis": 100, "memory_mib": memory_mib, "disk_mib": disk_mib},
                "apps": [{"name": "terminal", "kind": "terminal", "command": ["/bin/bash", "--norc"]}],
                "start_deadline_s": 60,
            }],
            "network": {"egress": egress},
            "policy": {"lifetime_s": 3600, "max_lifetime_s": 7200},
        });
        self.platform.publish(name, &template).await?;
        let body = json!({"ref": name, "template": name, "tenant": tenant, "owner": "u-7"});
        let created = self.platform.call(Method::POST, "/v1/sandboxes", &body).await?;
        created["id"].as_str().map(ToOwned::to_owned).context("a sandbox without id")
    }

    /// Waits until a sandbox is ready, and looks where its pod is.
    pub(super) async fn ready(&mut self, id: &str) -> anyhow::Result<Sandbox> {
        self.platform.phase(id, "ready").await?;
        let selector = format!("qingjiao.io/sandbox={id}");
        let listed = self.pods.kubectl_json(&["get", "pods", "--selector", &selector]).await?;
        let pod = &listed["items"][0];
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned).context("a pod without a place");
        Ok(Sandbox {
            id: id.to_owned(),
            address: text(&pod["status"]["podIP"])?.parse()?,
            node: text(&pod["spec"]["nodeName"])?,
            uid: text(&pod["metadata"]["uid"])?,
        })
    }

    /// Runs a command in a machine, as its student may.
    pub(super) async fn exec(&mut self, sandbox: &Sandbox, argv: &[&str]) -> anyhow::Result<Said> {
        let body = json!({"argv": argv, "timeout_s": EXEC_TIMEOUT_S});
        let path = format!("/v1/sandboxes/{}/exec", sandbox.id);
        let said = self.platform.call(Method::POST, &path, &body).await?;
        ensure!(said["timed_out"] != true, "{argv:?} took longer than {EXEC_TIMEOUT_S} s");
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        Ok(Said { exit_code: said["exit_code"].as_i64(), text: text("stdout") + &text("stderr") })
    }

    /// Waits until a sandbox says this as its cause.
    pub(super) async fn says(&mut self, id: &str, cause: &str) -> anyhow::Result<Value> {
        let path = format!("/v1/sandboxes/{id}");
        let mut seen = Vec::new();
        let said = until(&format!("{id} says {cause}"), CAUSE_DEADLINE, async || {
            let now = self.platform.call(Method::GET, &path, &Value::Null).await?;
            let state = format!("{} {}", now["phase"], now["cause"]["slug"]);
            if seen.last() != Some(&state) {
                seen.push(state);
            }
            Ok((now["cause"]["slug"] == cause).then_some(now))
        })
        .await;
        said.with_context(|| format!("it was {}", seen.join(", ")))
    }

    /// Deletes every sandbox, waits until no pod is left, and stops the region.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        self.platform.delete_all().await?;
        until("no pod is left", CAUSE_DEADLINE, async || {
            let left = self.pods.kubectl(&["get", "pods", "--output", "name"]).await?;
            Ok(left.is_empty().then_some(()))
        })
        .await?;
        self.fleet.stop().await?;
        self.pods.nothing_was_denied(&[])?;
        self.pods.remove().await
    }
}
