//! A whole mirror on real sockets, over a real registry that a test controls.

use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode};
use runtime::Stopper;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::*;
use crate::clock::SystemClock;
use crate::digest::Digest;
use crate::testing::{FakeHub, FakeImage, HubOptions, ImageSpec};

struct World {
    hub: FakeHub,
    image: FakeImage,
    pulls: String,
    api: String,
    http: Client,
    registry: SharedRegistry,
    stopper: Stopper,
    running: JoinSet<std::process::ExitCode>,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let hub = FakeHub::start(HubOptions::default()).await.unwrap();
        let image = FakeImage::new(&ImageSpec::new(1, &[300_000, 40_000]));
        hub.add("library/lab", "1", &image);
        let folder = tempfile::tempdir().unwrap();
        let free = ([127, 0, 0, 1], 0).into();
        let config = Config {
            listen: free,
            api_listen: free,
            folder: folder.path().to_owned(),
            upstreams: vec![hub.upstream("hub", "docker.io")],
            ..Config::default()
        };
        let registry = SharedRegistry::default();
        let context = Context {
            clock: Arc::new(SystemClock),
            readiness: Readiness::default(),
            registry: registry.clone(),
        };
        let service = Service::open(&config, context).await.unwrap();
        let pulls = format!("http://{}", service.address().unwrap());
        let api = format!("http://{}", service.api_address().unwrap());
        let mut tasks = Tasks::default();
        service.start(&mut tasks, &TickMetrics::new(&registry));
        let (stopper, mut running) = (tasks.stopper(), JoinSet::new());
        running.spawn(tasks.run_embedded());
        Self { hub, image, pulls, api, http: Client::new(), registry, stopper, running, folder }
    }

    async fn pull(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.pulls)).send().await.unwrap()
    }

    async fn blob(&self, digest: &Digest) -> Vec<u8> {
        let answer = self.pull(&format!("/v2/library/lab/blobs/{digest}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.bytes().await.unwrap().to_vec()
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.http.request(method, format!("{}{path}", self.api));
        let answer = request.body(body.to_string()).send().await.unwrap();
        let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// Asks until the answer is as wanted.
    async fn until(&self, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let answer = self.get(path).await;
            if is_wanted(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Fetches the image, and waits until all of it is durable.
    async fn warm(&self) -> Value {
        let wish = json!({ "images": ["lab:1"], "pin_until": "2999-01-01T00:00:00Z" });
        let (status, job) = self.ask(Method::POST, "/v1/warm", &wish).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        let job = self.until(&format!("/v1/warm/{}", job["id"]), |job| !job["ended_ms"].is_null()).await;
        self.until("/v1/status", |status| status["images"][0]["platforms"][0]["complete"] == true).await;
        job
    }

    async fn stop(mut self) {
        self.stopper.soft();
        assert_eq!(self.running.join_next().await.unwrap().unwrap(), std::process::ExitCode::SUCCESS);
    }
}

#[tokio::test]
async fn many_pulls_are_one_download() {
    let world = World::new().await;
    let (digest, bytes) = world.image.blobs.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap().clone();
    let pulls: Vec<_> = (0..20).map(|_| world.blob(&digest)).collect();
    for pulled in futures_util::future::join_all(pulls).await {
        assert!(pulled == bytes, "other bytes");
    }
    assert_eq!(world.hub.counts().blob_bytes, bytes.len() as u64);
    let metrics = world.registry.encode().unwrap();
    assert!(metrics.contains("qingjiao_mirror_stampede_ratio 20.0\n"), "{metrics}");
    world.stop().await;
}

#[tokio::test]
async fn a_warm_image_is_reported_and_starts_without_its_upstream() {
    let world = World::new().await;
    let job = world.warm().await;
    assert_eq!(job["images"][0]["state"], "complete", "{job}");
    let pins = world.get("/v1/pins").await;
    assert_eq!(pins[0]["image"], "docker.io/library/lab:1");
    let status = world.get("/v1/status").await;
    let image = &status["images"][0];
    assert_eq!((&image["pinned"], &image["platforms"][0]["missing"]), (&json!(true), &json!([])));
    assert_eq!(status["registries"], json!(["docker.io"]));
    assert_eq!(status["traffic"]["upstream_bytes"], world.image.blob_bytes());
    let World { hub, image, pulls, http, stopper, mut running, .. } = world;
    drop(hub);
    for target in
        image.blobs.iter().map(|(digest, _)| format!("blobs/{digest}")).chain(["manifests/1".to_owned()])
    {
        let answer = http.get(format!("{pulls}/v2/library/lab/{target}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{target}");
    }
    stopper.soft();
    running.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn room_is_made_of_what_is_not_pinned() {
    let world = World::new().await;
    world.warm().await;
    let all = json!({ "free_bytes": u64::MAX });
    assert_eq!(world.ask(Method::POST, "/v1/gc", &all).await.1["freed_bytes"], 0);
    let pin = "/v1/pins?image=lab:1";
    assert_eq!(world.ask(Method::DELETE, pin, &json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.ask(Method::DELETE, pin, &json!({})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.ask(Method::POST, "/v1/gc", &json!({})).await.1["freed_bytes"], 0);
    let freed = world.ask(Method::POST, "/v1/gc", &all).await.1["freed_bytes"].clone();
    assert!(freed.as_u64() > Some(world.image.blob_bytes()), "blobs and the manifest: {freed}");
    let status = world.get("/v1/status").await;
    assert_eq!((&status["images"], &status["disk"]["catalog_bytes"]), (&json!([]), &json!(0)));
    world.stop().await;
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_mended() {
    let world = World::new().await;
    assert_eq!(world.get("/v1/verify").await["state"], "never");
    world.warm().await;
    let (digest, bytes) = world.image.blobs[0].clone();
    flip_a_bit(world.folder.path(), digest.hex());
    assert_eq!(world.ask(Method::POST, "/v1/verify", &json!({})).await.0, StatusCode::ACCEPTED);
    let found = world.until("/v1/verify", |answer| answer["state"] != "running").await;
    assert_eq!((&found["state"], &found["wrong"]), (&json!("done"), &json!([digest.to_string()])), "{found}");
    assert_eq!(found["bytes"], found["bytes_total"]);
    let status = world.get("/v1/status").await;
    assert_eq!(status["images"][0]["platforms"][0]["missing"], json!([digest.to_string()]));
    assert!(world.blob(&digest).await == bytes, "other bytes");
    world.stop().await;
}

/// Somewhere below `folder` there is a file of this name.
fn flip_a_bit(folder: &Path, name: &str) {
    let file = find(folder, name).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[7] ^= 1;
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    std::fs::set_permissions(&file, permissions).unwrap();
    std::fs::write(&file, bytes).unwrap();
}

fn find(folder: &Path, name: &str) -> Option<std::path::PathBuf> {
    let entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let here = entries.iter().find(|path| path.is_file() && path.file_name().unwrap().to_str() == Some(name));
    here.cloned().or_else(|| entries.iter().filter(|path| path.is_dir()).find_map(|path| find(path, name)))
}

#[tokio::test]
async fn wrong_questions_name_the_field() {
    let world = World::new().await;
    for (body, words) in [
        (json!({}), "images"),
        (json!({ "images": [] }), "images"),
        (json!({ "images": ["lab", "A B"] }), "images[1]"),
        (json!({ "images": ["ghcr.io/a/b"] }), "ghcr.io is not among"),
        (json!({ "images": ["lab"], "platforms": ["amd64"] }), "platforms[0]"),
        (json!({ "images": ["lab"], "pin_until": "tomorrow" }), "pin_until"),
        (json!({ "images": ["lab"], "pin_until": "2001-01-01T00:00:00Z" }), "pin_until"),
        (json!({ "images": ["lab"], "platform": "x" }), "platform"),
    ] {
        let (status, problem) = world.ask(Method::POST, "/v1/warm", &body).await;
        assert_eq!((status, &problem["type"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_request")));
        assert!(problem["detail"].as_str().unwrap().contains(words), "{body}: {problem}");
    }
    for (method, path, status, slug) in [
        (Method::GET, "/v1/warm/7", 404, "unknown_job"),
        (Method::GET, "/v1/warm/x", 404, "unknown_job"),
        (Method::GET, "/v2/", 404, "unknown_path"),
        (Method::PUT, "/v1/gc", 405, "method_not_allowed"),
        (Method::DELETE, "/v1/pins", 422, "invalid_request"),
    ] {
        let (got, problem) = world.ask(method, path, &json!({})).await;
        assert_eq!((got.as_u16(), &problem["type"]), (status, &json!(slug)), "{path}");
    }
    let from_a_page =
        world.http.post(format!("{}/v1/gc", world.api)).header("Origin", "http://localhost:8000");
    assert_eq!(from_a_page.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    world.stop().await;
}
