//! `GET /v1/events`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{position, refused, visible};
use crate::auth::Caller;
use crate::context::Api;
use crate::params::Params;
use crate::problem::{Problem, ProblemBody};
use crate::view::EventView;

/// One page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedEvents {
    /// The events that the key may see, in order.
    items: Vec<EventView>,
    /// The `after` of the next page: always there, as there will be more events.
    next: String,
    /// Whether there are more already.
    more: bool,
}

/// Events after a position; the oldest that are kept (seven days at least) when there is none.
///
/// 410 for a position that is no longer kept or of another database: read the snapshot that the problem points to
/// and go on from its `position`.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "event_list", tag = "events",
    params(
        ("after" = Option<String>, Query, description = "A position, such as `E7.1042`"),
        ("limit" = Option<u32>, Query, description = "Events looked at, 1 to 500"),
    ),
    responses(
        (status = 200, body = ListedEvents),
        (status = 410, body = ProblemBody, content_type = "application/problem+json"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    params: Params,
) -> Result<Json<ListedEvents>, Problem> {
    let params = params.only(&["after", "limit"])?;
    let limit = params.page()?.limit as usize;
    let log = api.store.log();
    let after = match params.one::<String>("after")? {
        Some(text) => position("after", &text)?,
        None => log.oldest().await?,
    };
    let entries = log.after(&after, limit).await.map_err(refused)?;
    let more = entries.len() == limit;
    let next = entries.last().map_or(after, |entry| entry.position.clone()).to_string();
    let mut items = Vec::new();
    for entry in entries.into_iter().filter(|entry| visible(entry, &caller)) {
        items.push(api.show_event(entry).await?);
    }
    Ok(Json(ListedEvents { items, next, more }))
}
