//! `region sandbox list`.

use domain::time::{Clock as _, SystemClock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::Error;
use crate::api::view::{Listed, Sandbox};
use crate::api::{Request, read};
use crate::command::{Invocation, pair};
use crate::language::Language;
use crate::output::age::age;
use crate::output::table::table;

/// Sandboxes asked for at once.
const PAGE_ITEMS: u32 = 200;

/// Which sandboxes.
#[derive(Debug, Default, clap::Args)]
pub struct ListArgs {
    /// Of this school
    #[arg(long)]
    pub tenant: Option<String>,
    /// Of this person
    #[arg(long)]
    pub owner: Option<String>,
    /// Of this class
    #[arg(long, value_name = "CLASS")]
    pub class_id: Option<String>,
    /// Made from this template
    #[arg(long, value_name = "NAME")]
    pub template: Option<String>,
    /// In this phase; may repeat
    #[arg(long)]
    pub phase: Vec<String>,
    /// With this label; may repeat
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::parse)]
    pub label: Vec<(String, String)>,
    /// Most sandboxes
    #[arg(long, default_value_t = 1000)]
    pub limit: usize,
}

/// Prints a table.
pub(super) async fn run(invocation: &Invocation, args: ListArgs) -> Result<(), Error> {
    let items = collect(invocation, &args).await?;
    let sandboxes =
        items.iter().map(|item| read("GET /v1/sandboxes", item)).collect::<Result<Vec<Sandbox>, _>>()?;
    let now = SystemClock.now();
    invocation.output.print(&json!({ "items": items }), || {
        let rows = sandboxes.iter().map(|sandbox| row(sandbox, now, invocation.language)).collect();
        let nothing = "no sandboxes: `region sandbox create TEMPLATE` makes one";
        table(["id", "ref", "template", "tenant", "owner", "phase", "age", "why"], rows, nothing)
    })
}

async fn collect(invocation: &Invocation, args: &ListArgs) -> Result<Vec<Value>, Error> {
    let api = invocation.connection.api()?;
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let mut query = args.query();
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let answer = api.ask(Method::GET, Request { path: "/v1/sandboxes", query, body: None }).await?;
        let page: Listed = read("GET /v1/sandboxes", &answer)?;
        items.extend(page.items);
        cursor = page.next;
        if cursor.is_none() || items.len() >= args.limit {
            items.truncate(args.limit);
            return Ok(items);
        }
    }
}

impl ListArgs {
    fn query(&self) -> Vec<(&'static str, String)> {
        let page = u32::try_from(self.limit).unwrap_or(PAGE_ITEMS).clamp(1, PAGE_ITEMS);
        let mut query = vec![("limit", page.to_string())];
        let single = [
            ("tenant", &self.tenant),
            ("owner", &self.owner),
            ("class_id", &self.class_id),
            ("template", &self.template),
        ];
        query.extend(single.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
        query.extend(self.phase.iter().map(|phase| ("phase", phase.clone())));
        query.extend(self.label.iter().map(|(name, value)| ("label", format!("{name}:{value}"))));
        query
    }
}

fn row(sandbox: &Sandbox, now: Timestamp, language: Language) -> [String; 8] {
    let template = sandbox.template.split('@').next().unwrap_or_default();
    let place = sandbox.queue.map(|queue| format!("place {}", queue.place));
    let cause = sandbox.cause.as_ref().map(|cause| cause.text.pick(language).to_owned());
    [
        sandbox.id.clone(),
        sandbox.r#ref.clone(),
        template.to_owned(),
        sandbox.tenant.clone(),
        sandbox.owner.clone(),
        sandbox.phase.clone(),
        age(sandbox.created_at, now),
        place.or(cause).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::recorded;

    #[test]
    fn filters_become_a_query() {
        let args = ListArgs {
            tenant: Some("school-9".into()),
            phase: vec!["ready".into(), "failed".into()],
            label: vec![("term".into(), "2026a".into())],
            limit: 10,
            ..ListArgs::default()
        };
        let text =
            args.query().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        assert_eq!(text, "limit=10&tenant=school-9&phase=ready&phase=failed&label=term:2026a");
    }

    #[test]
    fn a_row_says_why() {
        let now = "2026-09-01T08:10:00Z".parse().unwrap();
        let row = row(&recorded::sandbox("failed"), now, Language::En);
        assert_eq!(row[2], "fails-on-purpose");
        assert_eq!(row[6], "10m");
        assert_eq!(row[7], "The main program of the environment ended unexpectedly.");
    }
}
