//! `GET /v1/events/watch`

use std::convert::Infallible;
use std::pin::pin;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::future::select;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use prometheus_client::metrics::gauge::Gauge;
use store::log::NUMBERED_AT_ONCE_MAX;
use store::{Position, Topic, Wake, log};
use tokio::time::{Instant, timeout_at};

use super::{position, refused, sse, visible};
use crate::auth::Caller;
use crate::context::Api;
use crate::limits::{WATCH_HEARTBEAT, WATCH_PAGE_EVENTS, WATCH_POLL};
use crate::params::Params;
use crate::problem::{Problem, ProblemBody};
use crate::view::EventView;

const LAST_EVENT_ID: &str = "last-event-id";

/// A live stream of events (`text/event-stream`): `id` is the position, `event` the type, `data` the event.
///
/// It begins after `Last-Event-ID` or `after`, else with what happens from now on, and resumes exactly. It ends
/// when the region's process is replaced; clients connect again.
#[utoipa::path(
    get, path = "/v1/events/watch", operation_id = "event_watch", tag = "events",
    params(
        ("after" = Option<String>, Query, description = "A position, such as `E7.1042`"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as browsers send it; wins"),
    ),
    responses(
        (status = 200, body = EventView, content_type = "text/event-stream"),
        (status = 410, body = ProblemBody, content_type = "application/problem+json"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    // Made before the first look, so that no change falls between a look and the wait after it.
    let wake = api.store.wake();
    let after = begin(&api, &headers, &params.only(&["after"])?).await?;
    let open = Open::count(&api);
    let watch = Watch { api, caller, wake, after, opened: false, beat_at: Instant::now(), _open: open };
    let chunks = stream::unfold(watch, async |mut watch| {
        let chunk = watch.next().await?;
        Some((Ok::<_, Infallible>(chunk), watch))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Where the stream begins. A position that is gone is refused here, while there still is a status to say it with.
async fn begin(api: &Api, headers: &HeaderMap, params: &Params) -> Result<Position, Problem> {
    let last =
        headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    let after = match (last, params.one::<String>("after")?) {
        (Some(last), _) => position("Last-Event-ID", last)?,
        (None, Some(after)) => position("after", &after)?,
        (None, None) => return now(api).await,
    };
    api.store.log().after(&after, 1).await.map_err(refused)?;
    Ok(after)
}

/// After everything that was committed until now; what has no number yet gets it first.
async fn now(api: &Api) -> Result<Position, Problem> {
    while api.store.log().sequence(NUMBERED_AT_ONCE_MAX).await? == NUMBERED_AT_ONCE_MAX {}
    Ok(api.store.log().head().await?)
}

/// One open stream. It holds one page of events at most, and reads the next when the client took that.
struct Watch {
    api: Api,
    caller: Caller,
    wake: Wake,
    after: Position,
    opened: bool,
    beat_at: Instant,
    _open: Open,
}

impl Watch {
    /// The next bytes; `None` ends the stream: at a soft stop, when the caller's key was revoked, or when the log can't be
    /// read or was left behind.
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.opened, true) {
            return self.beat(sse::opening);
        }
        loop {
            if self.api.stop.is_soft() || !self.caller.is_still_known(&self.api).await.ok()? {
                return None;
            }
            let entries = self.api.store.log().after(&self.after, WATCH_PAGE_EVENTS).await.ok()?;
            let Some(last) = entries.last() else {
                if self.wait().await? {
                    return self.beat(sse::heartbeat);
                }
                continue;
            };
            self.after = last.position.clone();
            let bytes = self.write(entries).await?;
            if !bytes.is_empty() {
                self.beat_at = Instant::now() + WATCH_HEARTBEAT;
                return Some(bytes);
            }
        }
    }

    /// Waits until there may be news; whether a sign of life is due instead. `None` at a soft stop.
    async fn wait(&self) -> Option<bool> {
        let until = self.beat_at.min(Instant::now() + WATCH_POLL);
        let (news, revoked) = (pin!(self.wake.wait(Topic::Log)), pin!(self.wake.wait(Topic::Keys)));
        let woken = timeout_at(until, select(news, revoked));
        let _either = self.api.stop.unless_soft(woken).await?;
        Some(Instant::now() >= self.beat_at)
    }

    async fn write(&self, entries: Vec<log::Entry>) -> Option<Bytes> {
        let mut bytes = BytesMut::new();
        for entry in entries.into_iter().filter(|entry| visible(entry, &self.caller)) {
            sse::event(&mut bytes, &self.api.show_event(entry).await.ok()?);
        }
        Some(bytes.freeze())
    }

    fn beat(&mut self, form: impl FnOnce(&Position) -> Bytes) -> Option<Bytes> {
        self.beat_at = Instant::now() + WATCH_HEARTBEAT;
        Some(form(&self.after))
    }
}

/// Counts a stream for as long as it lives.
struct Open(Gauge);

impl Open {
    fn count(api: &Api) -> Self {
        api.metrics.watches.inc();
        Self(api.metrics.watches.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
