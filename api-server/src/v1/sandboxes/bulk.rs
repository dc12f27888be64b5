//! Commands on every sandbox that a selector hits, with a result for each.

pub(crate) mod delete;
pub(crate) mod extend;
pub(crate) mod reset;
mod select;
pub(crate) mod start;
pub(crate) mod stop;

use axum::Json;
use domain::id::SandboxId;
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use select::Selector;

use super::command::Command;
use crate::auth::Caller;
use crate::context::Api;
use crate::limits::BULK_CONCURRENCY;
use crate::problem::{Problem, ProblemBody};
use crate::view::SandboxView;

/// A result for each sandbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkResults {
    /// The results; none when nothing was selected.
    items: Vec<BulkResult>,
}

/// What became of one sandbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkResult {
    /// The sandbox.
    #[schema(value_type = String)]
    id: SandboxId,
    /// As it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox: Option<SandboxView>,
    /// The cap that limited an extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    limited_by: Option<&'static str>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Runs a command on everything that is selected.
pub(super) async fn run(
    api: &Api,
    caller: &Caller,
    selector: &Selector,
    command: &Command,
) -> Result<Json<BulkResults>, Problem> {
    let ids = selector.select(api, caller).await?;
    let each = ids.into_iter().map(|id| one(api, caller, id, command));
    let items = stream::iter(each).buffered(BULK_CONCURRENCY).collect().await;
    Ok(Json(BulkResults { items }))
}

async fn one(api: &Api, caller: &Caller, id: SandboxId, command: &Command) -> BulkResult {
    match done(api, caller, &id, command).await {
        Ok((sandbox, limited_by)) => BulkResult { id, sandbox: Some(sandbox), limited_by, problem: None },
        Err(problem) => BulkResult { id, sandbox: None, limited_by: None, problem: Some(problem.body(None)) },
    }
}

async fn done(
    api: &Api,
    caller: &Caller,
    id: &SandboxId,
    command: &Command,
) -> Result<(SandboxView, Option<&'static str>), Problem> {
    let done = command.run(api, caller, (id, None)).await?;
    Ok((api.show(&done.sandbox).await?, done.limited_by))
}
