//! `GET /internal/routes`: the route table, whole or what changed, answered from memory.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::id::SandboxId;
use domain::route::Route;
use serde::Serialize;
use store::Position;
use tokio::time::{Instant, timeout_at};

use crate::auth::Role;
use crate::context::Api;
use crate::limits::LONG_POLL_S_MAX;
use crate::params::Params;
use crate::problem::{Kind, Problem};
use crate::routes::Delta;

#[derive(Serialize)]
struct Feed<'a> {
    position: String,
    full: bool,
    routes: Vec<&'a Route>,
    gone: &'a [SandboxId],
    keys: Vec<PublicKey<'a>>,
}

#[derive(Serialize)]
struct PublicKey<'a> {
    kid: &'a str,
    public: &'a str,
}

pub(super) async fn handler(
    State(api): State<Api>,
    _role: Role,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(&["after", "wait_s"])?;
    // A text that is no position is taken for a foreign one: whoever sent it gets everything.
    let after: Option<Position> = params.one::<String>("after")?.and_then(|text| text.parse().ok());
    let wait_s = params.one::<u64>("wait_s")?.unwrap_or(0).min(LONG_POLL_S_MAX);
    let (position, delta) = changes(&api, after.as_ref(), wait_s).await?;
    Ok(answer(&api, &position, &delta))
}

/// What changed after a position; waits for a change when there is none yet.
async fn changes(api: &Api, after: Option<&Position>, wait_s: u64) -> Result<(Position, Delta), Problem> {
    let until = Instant::now() + Duration::from_secs(wait_s);
    let mut changed = api.routes.watch();
    api.routes.catch_up().await?;
    loop {
        changed.mark_unchanged();
        let (position, delta) = api.routes.since(after).ok_or(Kind::StoreUnavailable)?;
        if !delta.is_empty() || Instant::now() >= until {
            return Ok((position, delta));
        }
        let news = timeout_at(until, changed.changed());
        if api.stop.unless_soft(news).await.is_none() {
            return Ok((position, delta));
        }
    }
}

fn answer(api: &Api, position: &Position, delta: &Delta) -> Response {
    let keys = api.routes.keys().iter().map(|(kid, public)| PublicKey { kid, public }).collect();
    let feed = Feed {
        position: position.to_string(),
        full: delta.full,
        routes: delta.routes.iter().map(Arc::as_ref).collect(),
        gone: &delta.gone,
        keys,
    };
    Json(feed).into_response()
}
