//! `GET /v1/sandboxes`

use axum::Json;
use axum::extract::State;
use domain::id::{LabelKey, LabelValue};
use serde::Serialize;
use store::Filter;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::context::Api;
use crate::params::Params;
use crate::problem::{Kind, Problem, ProblemBody};
use crate::view::SandboxView;

/// One page of sandboxes, and where to follow them from.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedSandboxes {
    /// The sandboxes, oldest first.
    items: Vec<SandboxView>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
    /// Read before the items: events after the first page's position complete the list.
    position: String,
}

const PARAMETERS: [&str; 9] =
    ["limit", "cursor", "tenant", "owner", "class_id", "template", "phase", "label", "deleted"];

/// Lists sandboxes.
#[utoipa::path(
    get, path = "/v1/sandboxes", operation_id = "sandbox_list", tag = "sandboxes",
    params(
        ("limit" = Option<u32>, Query, description = "Items of the page, 1 to 500"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("tenant" = Option<String>, Query, description = "Only of this tenant"),
        ("owner" = Option<String>, Query, description = "Only of this owner"),
        ("class_id" = Option<String>, Query, description = "Only of this class"),
        ("template" = Option<String>, Query, description = "Only of this template's name"),
        ("phase" = Option<Vec<String>>, Query, description = "Only in this phase; may repeat"),
        ("label" = Option<Vec<String>>, Query, description = "Only with this label, `key:value`; may repeat"),
        ("deleted" = Option<bool>, Query, description = "Also deleted ones"),
    ),
    responses(
        (status = 200, body = ListedSandboxes),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
) -> Result<Json<ListedSandboxes>, Problem> {
    let params = params.only(&PARAMETERS)?;
    let filter = filter(&params, &caller)?;
    let position = api.store.log().head().await?.to_string();
    let page = api.store.sandboxes().list(&filter, params.page()?).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for sandbox in &page.items {
        items.push(api.show(sandbox).await?);
    }
    Ok(Json(ListedSandboxes { items, next: page.next, position }))
}

fn filter(params: &Params, caller: &Caller) -> Result<Filter, Problem> {
    let mut tenant = params.one("tenant")?;
    if let Some(own) = caller.bound_to() {
        if tenant.as_ref().is_some_and(|tenant| tenant != own) {
            return Err(Kind::TenantForbidden.into());
        }
        tenant = Some(own.clone());
    }
    Ok(Filter {
        tenant,
        owner: params.one("owner")?,
        class_id: params.one("class_id")?,
        template: params.one("template")?,
        phase: params.each("phase")?,
        labels: params.all("label").map(label).collect::<Result<_, _>>()?,
        include_deleted: params.one("deleted")?.unwrap_or(false),
    })
}

fn label(text: &str) -> Result<(LabelKey, LabelValue), Problem> {
    let wrong = || Problem::field("label", "doesn't fit", "`key:value`");
    let (key, value) = text.split_once(':').ok_or_else(wrong)?;
    let pair = (key.parse::<LabelKey>(), value.parse::<LabelValue>());
    match pair {
        (Ok(key), Ok(value)) => Ok((key, value)),
        (Err(bad), _) | (_, Err(bad)) => Err(Problem::field("label", bad.to_string(), bad.rule)),
    }
}
