//! A sandbox of two machines that find each other by name, with a home that goes when nobody keeps it.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;
use tests::cluster::{MACHINE_IMAGE, kubectl_json};

use super::api::Api;
use super::install::SANDBOXES;

/// A home is swept at the second sighting, and only some time after its end.
const SWEPT_MAX: Duration = Duration::from_secs(240);
const POLL: Duration = Duration::from_secs(1);
const SERVE: &str = "cd /tmp && exec python3 -m http.server 8000";
/// Asks the other machine by its name, for as long as its server may take to start.
const ASK: &str =
    "for _ in $(seq 100); do wget -q -O /dev/null http://db:8000/ && echo answered && exit; sleep 0.1; done";

/// A sandbox that was deleted, with a home that goes some time later.
pub(super) struct Deleted {
    id: String,
    at: Instant,
}

/// Lives, and is deleted.
pub(super) async fn lived(api: &Api) -> anyhow::Result<Deleted> {
    let machine = |name: &str, command: &str| {
        json!({"name": name, "resources": {"cpu_millis": 100, "memory_mib": 64}, "start_deadline_s": 60,
            "runs": {"container": {"image": MACHINE_IMAGE, "command": ["/bin/sh", "-c", command]}}})
    };
    let (mut main, db) = (machine("main", "exec sleep 2147483647"), machine("db", SERVE));
    main["home"] = json!({"path": "/home/student", "size_mib": 64});
    main["apps"] = json!([{"name": "terminal", "kind": "terminal", "command": ["/bin/bash"]}]);
    let policy = json!({"lifetime_s": 3600, "max_lifetime_s": 7200, "keep_home_days": 0});
    let id = api.sandbox("several", &json!({"machines": [main, db], "policy": policy})).await?;
    let answer = api.exec(&id, &["sh", "-c", ASK]).await?;
    ensure!(answer.trim() == "answered", "main asked db by its name and got {answer:?}");
    api.delete(&id).await?;
    Ok(Deleted { id, at: Instant::now() })
}

impl Deleted {
    /// No claim of it is left.
    pub(super) async fn home_is_swept(self) -> anyhow::Result<()> {
        let selector = format!("qingjiao.io/sandbox={}", self.id);
        let claims = ["--namespace", SANDBOXES, "get", "persistentvolumeclaims", "--selector", &selector];
        while kubectl_json(&claims).await?["items"] != json!([]) {
            ensure!(self.at.elapsed() < SWEPT_MAX, "the home is still there");
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}
