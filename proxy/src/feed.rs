//! Follows the api-server's route feed: a long poll that goes on from where the table stands. While the api-server is
//! away the table stays as it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::SandboxId;
use domain::route::Route;
use domain::token::Verifier;
use runtime::{Backoff, Readiness, Stop};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::access::Cookies;
use crate::api::{Api, Error};
use crate::table::{Position, Table, Update};

/// How long the api-server may keep a request open when nothing changes.
const WAIT_S: u64 = 25;
/// A request that lasts longer than it may be kept open is lost.
const PATIENCE: Duration = Duration::from_secs(WAIT_S + 10);
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
/// An answer without news that comes sooner than this was not waited for: an api-server that stops answers at once.
const AT_ONCE: Duration = Duration::from_secs(1);
const PAUSE_WITHOUT_NEWS: Duration = Duration::from_millis(250);
/// The readiness check of this component.
const CHECK: &str = "route_feed";

/// The follower of the feed.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) api: Arc<Api>,
    pub(crate) table: Arc<Table>,
    pub(crate) cookies: Arc<Cookies>,
    pub(crate) readiness: Readiness,
}

#[derive(Deserialize)]
struct Answer {
    position: Position,
    full: bool,
    routes: Vec<Value>,
    #[serde(default)]
    gone: Vec<SandboxId>,
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    public: String,
}

impl Feed {
    /// Keeps the table current until the stop.
    pub(crate) async fn run(self, stop: Stop) {
        self.readiness.announce(&[CHECK]);
        let (mut failures, mut keys) = (0, BTreeMap::new());
        while !stop.is_soft() {
            let (began, before) = (Instant::now(), self.table.position());
            let Some(answer) = stop.unless_soft(self.next(failures)).await else { break };
            match answer {
                Ok(answer) => {
                    failures = 0;
                    self.take(answer, &mut keys);
                    if self.table.position() == before && began.elapsed() < AT_ONCE {
                        let _stopped = stop.unless_soft(sleep(PAUSE_WITHOUT_NEWS)).await;
                    }
                }
                Err(error) => {
                    failures += 1;
                    self.failed(failures, &error);
                    let pause = sleep(BACKOFF.delay(failures, runtime::backoff::os_random()));
                    let _stopped = stop.unless_soft(pause).await;
                }
            }
        }
    }

    /// After a failure the answer is wanted at once: it tells whether the api-server is back.
    async fn next(&self, failures: u32) -> Result<Answer, Error> {
        let wait_s = if failures == 0 { WAIT_S } else { 0 };
        let path = match self.table.position() {
            Some(position) => format!("/internal/routes?after={position}&wait_s={wait_s}"),
            None => "/internal/routes".to_owned(),
        };
        self.api.get_within(&path, PATIENCE).await
    }

    fn take(&self, answer: Answer, known: &mut BTreeMap<String, String>) {
        let keys: BTreeMap<String, String> =
            answer.keys.into_iter().map(|key| (key.kid, key.public)).collect();
        if keys != *known {
            self.cookies.set_keys(Verifier::new(&keys));
            *known = keys;
        }
        let (mut routes, mut gone) = (Vec::new(), answer.gone);
        for value in answer.routes {
            match read(value) {
                Ok(route) => routes.push(route),
                Err(unread) => gone.extend(unread),
            }
        }
        self.table.apply(Update { position: answer.position, full: answer.full, routes, gone });
        self.readiness.set(CHECK, Ok::<(), &str>(()));
    }

    fn failed(&self, failures: u32, error: &Error) {
        if failures == 1 {
            tracing::warn!(%error, "the route feed fails; the last table goes on");
        }
        // A proxy with a table serves those who have a cookie, api-server or not.
        if self.table.position().is_none() {
            self.readiness.set(CHECK, Err("no route table yet"));
        }
    }
}

/// A route, or the sandbox of one that this release can't read: rather nobody comes in than somewhere else.
fn read(value: Value) -> Result<Route, Option<SandboxId>> {
    let id = value["sandbox"].as_str().and_then(|id| id.parse().ok());
    serde_json::from_value(value).map_err(|error| {
        let sandbox = id.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::error!(sandbox.id = sandbox, %error, "a route can't be read");
        id
    })
}
