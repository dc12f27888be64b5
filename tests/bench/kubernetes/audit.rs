//! What the API server was asked, by its own record.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use domain::time::Timestamp;
use serde_json::Value;

/// The one whose kubeconfig the region has; the cluster's own parts have other names.
const USER: &str = "admin";

/// Requests of the region that came in between two moments, by verb and what they were about.
pub(super) fn requests(
    log: &Path,
    from: Timestamp,
    until: Timestamp,
) -> anyhow::Result<BTreeMap<String, usize>> {
    let text = std::fs::read_to_string(log).with_context(|| log.display().to_string())?;
    let mut counted = BTreeMap::new();
    // The last line may be half written.
    for entry in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let at = entry["requestReceivedTimestamp"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        let is_in = at.is_some_and(|at| at >= from && at <= until);
        if is_in && entry["user"]["username"] == USER && entry["stage"] == "ResponseComplete" {
            *counted.entry(what(&entry)).or_insert(0) += 1;
        }
    }
    Ok(counted)
}

fn what(entry: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}", text(&entry["verb"]), text(&entry["objectRef"]["resource"]))
}
