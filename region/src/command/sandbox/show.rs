//! `region sandbox get` and `explain`.

use domain::time::{Clock as _, SystemClock};
use serde_json::json;

use super::path;
use crate::Error;
use crate::api::read;
use crate::api::view::{Event, Listed, Sandbox};
use crate::command::Invocation;
use crate::explain::{now_line, story};
use crate::output::table::fields;

/// Prints what is known of a sandbox.
pub(super) async fn get(invocation: &Invocation, id: &str) -> Result<(), Error> {
    let answer = invocation.connection.api()?.get(&path(id, "")).await?;
    let sandbox: Sandbox = read("GET /v1/sandboxes", &answer)?;
    invocation.output.print(&answer, || details(&sandbox, invocation))
}

fn details(sandbox: &Sandbox, invocation: &Invocation) -> String {
    let moment = |moment: Option<domain::time::Timestamp>| moment.map(|moment| moment.to_string());
    let labels = sandbox.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let rows = [
        ("id", Some(sandbox.id.clone())),
        ("ref", Some(sandbox.r#ref.clone())),
        ("template", Some(sandbox.template.clone())),
        ("tenant", Some(sandbox.tenant.clone())),
        ("owner", Some(sandbox.owner.clone())),
        ("class", sandbox.class_id.clone()),
        ("labels", (!labels.is_empty()).then(|| labels.join(" "))),
        ("state", Some(now_line(sandbox, invocation.language))),
        ("created", moment(Some(sandbox.created_at))),
        ("ready", moment(sandbox.ready_at)),
        ("expires", moment(sandbox.expires_at)),
        ("idle stop", moment(sandbox.idle_stop_at)),
    ];
    let apps = sandbox
        .apps
        .iter()
        .map(|app| (app.name.as_str(), app.url.clone().unwrap_or_else(|| app.kind.clone())));
    let given = rows.into_iter().filter_map(|(name, value)| Some((name, value?)));
    fields(given.chain(apps).collect())
}

/// Prints a sandbox's whole story.
pub(super) async fn explain(invocation: &Invocation, id: &str) -> Result<(), Error> {
    let api = invocation.connection.api()?;
    let sandbox_answer = api.get(&path(id, "")).await?;
    let history_answer = api.get(&path(id, "/events")).await?;
    let sandbox: Sandbox = read("GET /v1/sandboxes", &sandbox_answer)?;
    let listed: Listed = read("GET /v1/sandboxes/events", &history_answer)?;
    let events = listed.items.iter().map(|item| read("event", item)).collect::<Result<Vec<Event>, _>>()?;
    let both = json!({"sandbox": sandbox_answer, "events": listed.items});
    invocation.output.print(&both, || story(&sandbox, &events, SystemClock.now(), invocation.language))
}
