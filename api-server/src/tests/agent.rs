//! exec and files, through a fake agent on a Unix socket.

use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::token::{AgentClaims, Verb, Verifier};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::task::JoinSet;

use super::world::{PLATFORM, World, asked, request};

struct FakeAgent {
    folder: TempDir,
    _serving: JoinSet<()>,
}

impl FakeAgent {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("agent.sock")).unwrap();
        let router =
            Router::new().route("/exec", post(exec)).route("/files", get(read).put(write).delete(remove));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { folder, _serving: serving }
    }

    fn address(&self) -> String {
        format!("unix:{}", self.folder.path().join("agent.sock").display())
    }
}

/// Echoes what it was asked, and the token's claims without looking at its signature.
async fn exec(headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if headers["accept"] == "application/x-ndjson" {
        let lines = "{\"stream\":\"stdout\",\"data\":\"hi\"}\n{\"exit_code\":0}\n";
        return ([("content-type", "application/x-ndjson")], lines).into_response();
    }
    Json(json!({"exit_code":0,"asked":body,"token":headers["authorization"].to_str().unwrap()}))
        .into_response()
}

async fn read(Query(query): Query<Value>) -> Response {
    match query["path"].as_str().unwrap() {
        "." => Json(json!({"path":".","entries":[]})).into_response(),
        "notes/a b.txt" => ([("content-disposition", "attachment")], vec![7_u8; 1 << 20]).into_response(),
        "/etc/shadow" => refuse(StatusCode::FORBIDDEN, "forbidden"),
        "stale" => refuse(StatusCode::FORBIDDEN, "token_refused"),
        _ => refuse(StatusCode::NOT_FOUND, "not_found"),
    }
}

async fn write(Query(query): Query<Value>, request: Request) -> Response {
    let bytes: Bytes = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    if query["path"] == "full" {
        return refuse(StatusCode::INSUFFICIENT_STORAGE, "disk_full");
    }
    (StatusCode::CREATED, Json(json!({"size_bytes":bytes.len()}))).into_response()
}

async fn remove(Query(query): Query<Value>) -> Response {
    if query["recursive"] == "true" {
        return StatusCode::NO_CONTENT.into_response();
    }
    refuse(StatusCode::CONFLICT, "not_empty")
}

fn refuse(status: StatusCode, slug: &str) -> Response {
    (status, Json(json!({"type":slug,"detail":"said by the agent"}))).into_response()
}

async fn ready() -> (World, FakeAgent, String) {
    let (world, agent) = (World::with_lab().await, FakeAgent::start());
    let id = world.create("s1", "school-1").await;
    world.ready(&id, &agent.address()).await;
    (world, agent, format!("/v1/sandboxes/{id}"))
}

#[tokio::test]
async fn exec_reaches_the_machine_with_a_token_for_it_alone() {
    let (world, _agent, path) = ready().await;
    let body = json!({"argv":["pytest","-q"],"timeout_s":5});
    let ran = world.post(PLATFORM, &format!("{path}/exec"), &body).await.expect(200);
    assert_eq!(ran["asked"]["argv"], json!(["pytest", "-q"]));
    assert_eq!(
        (&ran["asked"]["timeout_s"], &ran["asked"]["output_limit_bytes"]),
        (&json!(5), &json!(1_048_576))
    );
    let token = ran["token"].as_str().unwrap().strip_prefix("Bearer ").unwrap();
    let claims: AgentClaims = Verifier::new(world.api.routes.keys()).verify(token, world.later(0)).unwrap();
    assert_eq!((claims.vrb, claims.inc), (vec![Verb::Exec], 1));
    let mut lines = request("POST", &format!("{path}/exec"), PLATFORM, Body::from(body.to_string()));
    lines.headers_mut().insert("accept", "application/x-ndjson".parse().unwrap());
    let ran = world.reply(lines).await;
    assert_eq!(ran.headers["content-type"], "application/x-ndjson");
    assert_eq!(ran.text.lines().count(), 2);
}

#[tokio::test]
async fn exec_says_what_is_wrong() {
    let (world, _agent, path) = ready().await;
    let exec = format!("{path}/exec");
    for (body, field) in [
        (json!({"argv":[]}), "argv"),
        (json!({"argv":["ls"],"timeout_s":0}), "timeout_s"),
        (json!({"argv":["ls"],"timeout":1}), "timeout"),
    ] {
        let problem = world.post(PLATFORM, &exec, &body).await.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let other = json!({"argv":["ls"],"machine":"router"});
    world.post(PLATFORM, &exec, &other).await.problem(404, "machine_not_found");
    let created = world.post(PLATFORM, "/v1/sandboxes", &asked("s2", "school-1")).await.expect(202);
    let waiting = format!("/v1/sandboxes/{}/exec", created["id"].as_str().unwrap());
    world.post(PLATFORM, &waiting, &json!({"argv":["ls"]})).await.problem(409, "not_ready");
}

#[tokio::test]
async fn files_stream_both_ways() {
    let (world, _agent, path) = ready().await;
    let file = world.get(PLATFORM, &format!("{path}/files/main/notes/a%20b.txt")).await;
    assert_eq!((file.status.as_u16(), file.text.len()), (200, 1 << 20));
    assert_eq!(file.headers["content-length"], (1 << 20).to_string());
    assert_eq!(file.headers["x-content-type-options"], "nosniff");
    let home = world.get(PLATFORM, &format!("{path}/files/main/")).await.expect(200);
    assert_eq!(home["entries"], json!([]));
    let put = |name: &str, bytes: usize| {
        let body = Body::from(vec![1_u8; bytes]);
        world.reply(request("PUT", &format!("{path}/files/main/{name}"), PLATFORM, body))
    };
    assert_eq!(put("new", 5 << 20).await.expect(201)["size_bytes"], 5 << 20);
    put("full", 1).await.problem(507, "disk_full");
    world.get(PLATFORM, &format!("{path}/files/main/none")).await.problem(404, "file_not_found");
    let refused = world.get(PLATFORM, &format!("{path}/files/main//etc/shadow")).await;
    assert_eq!(refused.problem(403, "file_forbidden")["detail"], "said by the agent");
    world.delete(PLATFORM, &format!("{path}/files/main/folder")).await.problem(409, "file_conflict");
    world.delete(PLATFORM, &format!("{path}/files/main/folder?recursive=true")).await.expect(204);
    world.get(PLATFORM, &format!("{path}/files/router/x")).await.problem(404, "machine_not_found");
}

#[tokio::test]
async fn a_machine_that_is_gone_or_another_is_unreachable() {
    let (world, agent, path) = ready().await;
    world.get(PLATFORM, &format!("{path}/files/main/stale")).await.problem(502, "machine_unreachable");
    drop(agent);
    let reply = world.post(PLATFORM, &format!("{path}/exec"), &json!({"argv":["ls"]})).await;
    reply.problem(502, "machine_unreachable");
}
