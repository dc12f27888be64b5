//! A watch against an API server that answers by a script.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use k8s_openapi::api::core::v1::Pod;
use kube::client::Body;
use kube::{Api, Client};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::Copy;
use crate::gate::Gate;

/// Longest wait for the next request, on a clock that does not wait.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What was asked for: `list`, or `watch VERSION`; and when.
type Asked = mpsc::UnboundedReceiver<(String, Instant)>;

/// A copy that follows this script; after its end there is no answer.
fn follows(script: Vec<(u16, String)>) -> (Arc<Copy<Pod>>, Asked, JoinSet<()>) {
    let (tell, asked) = mpsc::unbounded_channel();
    let script = Arc::new(Mutex::new(VecDeque::from(script)));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (next, tell) = (script.lock().pop_front(), tell.clone());
        async move {
            let _ = tell.send((what(&request), Instant::now()));
            let Some((code, body)) = next else { return std::future::pending().await };
            let answer = Response::builder().status(code).body(Body::from(body.into_bytes())).unwrap();
            Ok::<_, Infallible>(answer)
        }
    });
    let api = Api::namespaced(Client::new(service, "sandboxes"), "sandboxes");
    let gate = Arc::new(Gate::new(1000));
    let copy = Arc::new(Copy::new(api, gate, String::new(), watch::Sender::new(0)));
    let mut tasks = JoinSet::new();
    tasks.spawn(copy.clone().follow());
    (copy, asked, tasks)
}

fn what(request: &Request<Body>) -> String {
    let query = request.uri().query().unwrap_or_default();
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    match (value("watch"), value("resourceVersion")) {
        (Some(_), version) => format!("watch {}", version.unwrap_or_default()),
        (None, _) => "list".to_owned(),
    }
}

async fn next(asked: &mut Asked) -> (String, Instant) {
    timeout(PATIENCE, asked.recv()).await.unwrap().unwrap()
}

fn pod(name: &str, version: u32) -> Value {
    json!({"metadata": {"name": name, "uid": name, "resourceVersion": version.to_string()}})
}

fn bookmark(version: u32) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": version.to_string()}})
}

fn list(version: u32) -> (u16, String) {
    (200, json!({"metadata": {"resourceVersion": version.to_string()}, "items": []}).to_string())
}

/// Events, after which the stream ends.
fn events(events: &[(&str, Value)]) -> (u16, String) {
    let line = |(kind, object): &(&str, Value)| format!("{}\n", json!({"type": kind, "object": object}));
    (200, events.iter().map(line).collect())
}

fn status(code: u16, reason: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": ""})
}

fn refusal(code: u16, reason: &str) -> (u16, String) {
    (code, status(code, reason).to_string())
}

async fn sequence(script: Vec<(u16, String)>, expected: &[&str]) -> Arc<Copy<Pod>> {
    let (copy, mut asked, _tasks) = follows(script);
    for expected in expected {
        assert_eq!(next(&mut asked).await.0, *expected);
    }
    copy
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_on_where_it_was_whatever_keeps_it_from_being_opened() {
    let script = vec![
        list(10),
        events(&[("ADDED", pod("one", 12)), ("BOOKMARK", bookmark(15))]),
        refusal(500, "InternalError"),
        refusal(429, "TooManyRequests"),
        (502, "no such gateway".to_owned()),
        events(&[("MODIFIED", pod("one", 17)), ("ERROR", status(500, "InternalError"))]),
        events(&[("DELETED", pod("one", 18))]),
    ];
    let resumed =
        ["list", "watch 10", "watch 15", "watch 15", "watch 15", "watch 15", "watch 17", "watch 18"];
    let copy = sequence(script, &resumed).await;
    assert_eq!(copy.all().len(), 0, "it was removed");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_too_old_is_given_up() {
    for too_old in [refusal(410, "Expired"), events(&[("ERROR", status(410, "Expired"))])] {
        let script = vec![list(10), too_old, list(20)];
        sequence(script, &["list", "watch 10", "list", "watch 20"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn places_that_are_too_old_again_and_again_slow_it_down() {
    let script = (0..6).flat_map(|_| [list(10), refusal(410, "Expired")]).collect();
    let (_copy, mut asked, _tasks) = follows(script);
    let begun = next(&mut asked).await.1;
    let mut last = begun;
    for _ in 0..11 {
        last = next(&mut asked).await.1;
    }
    let took = last.duration_since(begun);
    assert!(took >= Duration::from_millis(250 + 500 + 1000 + 2000), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn streams_that_end_at_once_slow_it_down_and_one_that_tells_something_does_not() {
    let silent = (0..6).map(|_| events(&[]));
    let telling = (20..40).map(|version| events(&[("ADDED", pod("one", version))]));
    let (_copy, mut asked, _tasks) = follows([list(10)].into_iter().chain(silent).chain(telling).collect());
    let mut moments = Vec::new();
    for _ in 0..27 {
        moments.push(next(&mut asked).await.1);
    }
    assert!(moments[7].duration_since(moments[1]) >= Duration::from_millis(250 + 500 + 1000 + 2000));
    assert!(moments[26].duration_since(moments[8]) < Duration::from_millis(250));
}
