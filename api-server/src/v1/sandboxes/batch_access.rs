//! `POST /v1/sandboxes:batchAccess`

use axum::Json;
use axum::extract::State;
use domain::id::SandboxId;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::ticket::{Access, Draft, Entrance, draft};
use crate::auth::Caller;
use crate::body::{self, Sent};
use crate::context::Api;
use crate::limits::{BULK_BODY_BYTES_MAX, BULK_CONCURRENCY, BULK_ITEMS_MAX};
use crate::problem::{Kind, Problem, ProblemBody};

/// Users who want to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchAccess {
    /// One to 500 of them.
    #[schema(value_type = Vec<BatchAccessItem>)]
    items: Vec<Value>,
}

/// One user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchAccessItem {
    /// The sandbox.
    id: String,
    /// As for `access` of one sandbox.
    access: Access,
}

/// A result for each item, in their order.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchEntrances {
    /// The results.
    items: Vec<BatchEntrance>,
}

/// What became of one item: a way in or a problem.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchEntrance {
    /// The sandbox, as it was asked for; null when the item names none.
    id: Option<String>,
    /// The way in.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<Entrance>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Ways in for many users at once. One bad item doesn't hold up the others.
#[utoipa::path(
    post, path = "/v1/sandboxes:batchAccess", operation_id = "sandbox_batch_access", tag = "sandboxes",
    request_body = BatchAccess,
    responses(
        (status = 200, body = BatchEntrances),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    sent: Sent<BULK_BODY_BYTES_MAX>,
) -> Result<Json<BatchEntrances>, Problem> {
    let batch: BatchAccess = sent.read()?;
    if !(1..=BULK_ITEMS_MAX).contains(&batch.items.len()) {
        let message = format!("has {} entries", batch.items.len());
        return Err(Problem::field("items", message, format!("1 to {BULK_ITEMS_MAX} entries")));
    }
    let each = batch.items.into_iter().map(|item| one(&api, &caller, item));
    let drafts: Vec<_> = stream::iter(each).buffered(BULK_CONCURRENCY).collect().await;
    let (mut tickets, mut items) = (Vec::new(), Vec::with_capacity(drafts.len()));
    for (id, result) in drafts {
        items.push(match result {
            Ok(Draft { stored, entrance }) => {
                tickets.push(stored);
                BatchEntrance { id, access: Some(entrance), problem: None }
            }
            Err(problem) => BatchEntrance { id, access: None, problem: Some(problem.body(None)) },
        });
    }
    if !tickets.is_empty() {
        api.store.tickets().issue_all(&tickets).await?;
    }
    Ok(Json(BatchEntrances { items }))
}

async fn one(api: &Api, caller: &Caller, item: Value) -> (Option<String>, Result<Draft, Problem>) {
    let id = item["id"].as_str().map(str::to_owned);
    (id, entrance(api, caller, &item).await)
}

async fn entrance(api: &Api, caller: &Caller, item: &Value) -> Result<Draft, Problem> {
    let BatchAccessItem { id, access } = body::read(item)?;
    // As in a path: a text that can't be an id names no sandbox.
    let id: SandboxId = id.parse().map_err(|_| Problem::new(Kind::SandboxNotFound))?;
    let sandbox = api.sandbox(caller, &id).await?;
    draft(api, &sandbox, access).await
}
