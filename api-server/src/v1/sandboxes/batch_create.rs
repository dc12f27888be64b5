//! `POST /v1/sandboxes:batchCreate`

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Created;
use utoipa::ToSchema;

use super::create::{CreateSandbox, CreatedSandbox, Prepared, prepare, refused_by_cordon};
use crate::auth::Caller;
use crate::body::Sent;
use crate::context::Api;
use crate::limits::{BULK_BODY_BYTES_MAX, BULK_ITEMS_MAX};
use crate::problem::{Problem, ProblemBody};

/// Sandboxes to create together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchCreate {
    /// One to 500 requests, each as for `POST /v1/sandboxes`.
    #[schema(value_type = Vec<CreateSandbox>)]
    items: Vec<Value>,
}

/// A result for each item, in their order.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchCreated {
    /// The results.
    items: Vec<BatchItem>,
}

/// What became of one item: a sandbox or a problem.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchItem {
    /// The sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox: Option<CreatedSandbox>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Creates many sandboxes: a class in one call. One bad item doesn't hold up the others.
#[utoipa::path(
    post, path = "/v1/sandboxes:batchCreate", operation_id = "sandbox_batch_create", tag = "sandboxes",
    request_body = BatchCreate,
    responses(
        (status = 200, body = BatchCreated),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    sent: Sent<BULK_BODY_BYTES_MAX>,
) -> Result<Json<BatchCreated>, Problem> {
    let batch: BatchCreate = sent.read()?;
    if !(1..=BULK_ITEMS_MAX).contains(&batch.items.len()) {
        let message = format!("has {} entries", batch.items.len());
        return Err(Problem::field("items", message, format!("1 to {BULK_ITEMS_MAX} entries")));
    }
    let mut prepared = Vec::with_capacity(batch.items.len());
    for item in &batch.items {
        prepared.push(admit(&api, &caller, item).await);
    }
    let news = prepared.iter().filter_map(|one| one.as_ref().ok()).filter(|one| one.known.is_none());
    let news: Vec<_> = news.map(|one| one.prepared.new.clone()).collect();
    let mut created = api.store.intent().create_batch(news).await.into_iter();
    let mut items = Vec::with_capacity(prepared.len());
    for one in prepared {
        items.push(finish(&api, one, &mut created).await.into());
    }
    Ok(Json(BatchCreated { items }))
}

/// An item that may be stored, or that is already.
struct Admitted {
    prepared: Prepared,
    known: Option<Created>,
}

async fn admit(api: &Api, caller: &Caller, item: &Value) -> Result<Admitted, Problem> {
    let prepared = prepare(api, caller, item).await?;
    let known = refused_by_cordon(api, &prepared.new).await?;
    Ok(Admitted { prepared, known })
}

async fn finish(
    api: &Api,
    one: Result<Admitted, Problem>,
    created: &mut impl Iterator<Item = Result<Created, store::Error>>,
) -> Result<CreatedSandbox, Problem> {
    let Admitted { prepared, known } = one?;
    let created = match known {
        Some(known) => known,
        None => created.next().unwrap_or(Err(store::Error::Conflict))?,
    };
    let sandbox = api.show_with(&created.sandbox, &prepared.template).await?;
    Ok(CreatedSandbox { sandbox, warnings: prepared.warnings })
}

impl From<Result<CreatedSandbox, Problem>> for BatchItem {
    fn from(result: Result<CreatedSandbox, Problem>) -> Self {
        match result {
            Ok(sandbox) => Self { sandbox: Some(sandbox), problem: None },
            Err(problem) => Self { sandbox: None, problem: Some(problem.body(None)) },
        }
    }
}
