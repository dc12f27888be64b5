//! `region capacity`, `cordon`, `uncordon`.

use serde_json::{Value, json};

use super::Invocation;
use crate::Error;
use crate::output::table::fields;

/// Why the region takes nothing new.
#[derive(Debug, clap::Args)]
pub struct CordonArgs {
    /// Shown to whoever asks for a sandbox meanwhile
    #[arg(long, default_value = "maintenance")]
    pub reason: String,
}

/// Prints the region's room.
pub(crate) async fn show(invocation: &Invocation) -> Result<(), Error> {
    let answer = invocation.connection.api()?.get("/v1/capacity").await?;
    invocation.output.print(&answer, || human(&answer))
}

/// Takes no new sandboxes.
pub(crate) async fn cordon(invocation: &Invocation, args: CordonArgs) -> Result<(), Error> {
    let body = json!({ "reason": args.reason });
    let answer = invocation.connection.api()?.post("/v1/region/cordon", &body).await?;
    invocation
        .output
        .print(&answer, || "the region takes no new sandboxes; `region uncordon` ends that".to_owned())
}

/// Takes new sandboxes again.
pub(crate) async fn uncordon(invocation: &Invocation) -> Result<(), Error> {
    let answer = invocation.connection.api()?.post("/v1/region/uncordon", &json!({})).await?;
    invocation.output.print(&answer, || "the region takes new sandboxes".to_owned())
}

/// Every value of the answer by its dotted name: newer regions may say more.
fn human(answer: &Value) -> String {
    let mut rows = Vec::new();
    flatten("", answer, &mut rows);
    fields(rows.iter().map(|(name, value)| (name.as_str(), value.clone())).collect())
}

fn flatten(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| flatten(&inner(key), value, rows)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            (1..).zip(items).for_each(|(nth, item)| flatten(&inner(&nth.to_string()), item, rows));
        }
        Value::String(text) => rows.push((name.to_owned(), text.clone())),
        Value::Null => rows.push((name.to_owned(), "-".to_owned())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            rows.push((name.to_owned(), value.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_show_by_their_names() {
        let answer = json!({"cordoned": null, "total": {"cpu_millis": 2000}});
        assert_eq!(human(&answer), "cordoned          -\ntotal.cpu_millis  2000\n");
        let answer = json!({"nodes": [{"count": 2}, {"count": 1}], "runs": ["container"], "coming": []});
        let lines =
            ["nodes.1.count  2", "nodes.2.count  1", "runs           [\"container\"]", "coming         []"];
        assert_eq!(human(&answer), lines.map(|line| format!("{line}\n")).concat());
    }
}
