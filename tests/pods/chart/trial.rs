//! A region whose PostgreSQL is a pod of the chart.

use std::time::{Duration, Instant};

use anyhow::ensure;
use reqwest::Method;
use serde_json::{Value, json};
use tests::cluster::{MACHINE_IMAGE, kubectl};

use super::api::Api;
use super::install::{Installed, NAMESPACE};

/// How long the region may need to go on once its database is back.
const GO_ON_MAX: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(500);

/// A sandbox of before the database's restart is there after it, can be used, and ends.
pub(super) async fn goes_on_after_its_database_was_away() -> anyhow::Result<()> {
    let region = Installed::for_trial().await?;
    let api = Api::with_new_key("trial").await?;
    let runs = json!({"container": {"image": MACHINE_IMAGE, "command": ["/bin/sleep", "2147483647"]}});
    let template = json!({"machines": [{"name": "main", "runs": runs, "resources": {"cpu_millis": 100, "memory_mib": 64},
        "apps": [{"name": "terminal", "kind": "terminal", "command": ["/bin/bash"]}], "start_deadline_s": 60}]});
    let id = api.sandbox("trial", &template).await?;
    kubectl(&["--namespace", NAMESPACE, "delete", "pod", "trial-postgresql-0"]).await?;
    let (begun, path) = (Instant::now(), format!("/v1/sandboxes/{id}"));
    while let Err(error) = api.call(Method::GET, &path, &Value::Null).await {
        ensure!(begun.elapsed() < GO_ON_MAX, "the region does not go on: {error:#}");
        tokio::time::sleep(POLL).await;
    }
    ensure!(api.exec(&id, &["echo", "on"]).await? == "on\n", "the machine is another");
    api.delete(&id).await?;
    region.remove().await
}
