//! `/_qj/status`: what our pages know of their sandbox, with a wait for the next change.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use domain::phase::{Phase, Wanted};
use domain::route::Route;
use form_urlencoded::parse;
use http::header::{ETAG, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::is_read;
use crate::body::{self, Body};
use crate::problem::Problem;
use crate::table::Followed;
use crate::visit::Visit;

/// The longest wait for a change.
const WAIT_S_MAX: u64 = 30;
/// A place in the queue is no part of the route, so it is looked at now and then.
const QUEUE_EVERY: Duration = Duration::from_secs(3);

pub(super) async fn answer(visit: &Visit, request: &Request<Incoming>) -> Result<Response<Body>, Problem> {
    if !is_read(request.method()) {
        return Err(Problem::method("GET, HEAD"));
    }
    visit.claims()?;
    let (wait, known) = asked(request.uri().query().unwrap_or_default());
    let deadline = Instant::now() + wait;
    let mut followed = visit.shared.table.follow(&visit.host.sandbox).ok_or_else(Problem::unknown_host)?;
    loop {
        let route = followed.borrow_and_update().clone().ok_or_else(Problem::unknown_host)?;
        if visit.claims()?.epo != route.access_epoch {
            return Err(visit.no_access());
        }
        let status = status(visit, &route).await;
        let tag = tag(&status);
        if known.as_deref() != Some(&tag) {
            return Ok(changed(status, visit, &tag));
        }
        if !wait_for_change(visit, &mut followed, &route, deadline).await {
            return Ok(unchanged(&tag));
        }
    }
}

/// `wait_s` and `etag`.
fn asked(query: &str) -> (Duration, Option<String>) {
    let (mut wait_s, mut known) = (0, None);
    for (name, value) in parse(query.as_bytes()) {
        match name.as_ref() {
            "wait_s" => wait_s = value.parse().unwrap_or(0).min(WAIT_S_MAX),
            "etag" => known = Some(value.trim_matches('"').to_owned()),
            _ => {}
        }
    }
    // Without a state to compare with, the present one is the news.
    let wait_s = if known.is_some() { wait_s } else { 0 };
    (Duration::from_secs(wait_s), known)
}

/// False when the time is over or the proxy stops.
async fn wait_for_change(visit: &Visit, followed: &mut Followed, route: &Route, deadline: Instant) -> bool {
    let queue = async {
        match route.phase {
            Phase::Queued => sleep(QUEUE_EVERY).await,
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        changed = followed.changed() => changed.is_ok(),
        () = queue => true,
        () = sleep_until(deadline) => false,
        () = visit.shared.stop.soft() => false,
    }
}

async fn status(visit: &Visit, route: &Arc<Route>) -> Value {
    let queue = match route.phase {
        // The place is nice to know; without it the page still says that it waits.
        Phase::Queued => {
            visit.shared.api.get(&format!("/internal/queue/{}", route.sandbox)).await.unwrap_or(Value::Null)
        }
        _ => Value::Null,
    };
    json!({
        "sandbox": route.sandbox,
        "ref": route.r#ref,
        "app": visit.app.name,
        "kind": visit.app.kind,
        "phase": route.phase,
        "wanted": route.wanted,
        "cause": cause(route),
        "queue": queue,
        "expires_at": route.expires_at,
        "idle_stop_at": route.idle_stop_at,
        "max_expires_at": route.max_expires_at,
        "can_wake": route.can_wake,
        "can_extend": route.wanted == Wanted::Running && route.expires_at < route.max_expires_at,
        "reentry_url": visit.reentry_url(),
        "role": visit.claims.as_ref().map(|claims| claims.rol.as_str()),
    })
}

/// Why it waits or failed, in words; without what its machines printed.
pub(crate) fn cause(route: &Route) -> Value {
    let Some(cause) = &route.cause else { return Value::Null };
    let entry = cause.code.entry();
    json!({
        "slug": entry.slug,
        "stage": cause.stage,
        "who": entry.who,
        "retryable": entry.retryable,
        "retry_after_s": cause.retry_after_s,
        "text": entry.text,
        "next": entry.next,
    })
}

/// Over everything but the time of day.
fn tag(status: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    status.to_string().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn changed(mut status: Value, visit: &Visit, tag: &str) -> Response<Body> {
    status["server_time"] = json!(visit.shared.clock.now());
    tagged(body::full(StatusCode::OK, "application/json", status.to_string()), tag)
}

fn unchanged(tag: &str) -> Response<Body> {
    tagged(body::empty(StatusCode::NOT_MODIFIED), tag)
}

fn tagged(mut response: Response<Body>, tag: &str) -> Response<Body> {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
