//! `region mirror` against a mirror that runs: each command for people and for programs, and what scripts see of failure.

use std::process::Output;

use registry_mirror::testing::FakeImage;
use registry_mirror::testing::hub::{FakeHub, HubOptions};
use serde_json::{Value, json};
use tests::mirror::MirrorProcess;
use tokio::process::Command;

use super::flipped::flip;
use super::{HUB, KIB, fill};

const LAYERS_BYTES: [usize; 2] = [300 * KIB, 20 * KIB];
const FIRST: &str = "docker.io/library/image-0:1";
const SECOND: &str = "docker.io/library/image-1:1";
const UNTIL: &str = "2999-01-01T00:00:00Z";
/// What scripts see; `region --help` lists them.
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const NOT_FOUND: i32 = 3;
const UNAVAILABLE: i32 = 5;

struct World {
    images: Vec<FakeImage>,
    mirror: MirrorProcess,
    _hub: FakeHub,
}

impl World {
    async fn new() -> Self {
        let hub = FakeHub::start(HubOptions::default()).await.unwrap();
        let images = fill(&hub, 2, &LAYERS_BYTES);
        let mirror = MirrorProcess::start(vec![hub.upstream("hub", HUB)], &|_| {}).await.unwrap();
        Self { images, mirror, _hub: hub }
    }

    async fn region(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_testing-region"));
        command.arg("mirror").args(arguments).args(["--mirror-url", &self.mirror.api_url()]);
        command.kill_on_drop(true).output().await.unwrap()
    }

    /// What a command that goes well prints for people, who get no bars where there is no terminal.
    async fn says(&self, arguments: &[&str]) -> String {
        let output = self.region(arguments).await;
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && complained.is_empty(), "{arguments:?}: {said}\n{complained}");
        said
    }

    /// What it prints for programs.
    async fn tells(&self, arguments: &[&str]) -> Value {
        let said = self.says(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"))
    }

    /// What a command says that fails with a code: to people, and to programs.
    async fn fails(&self, arguments: &[&str], code: i32) -> (String, Value) {
        let output = self.region(arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        let told = self.region(&[arguments, &["--json"]].concat()).await;
        assert_eq!(told.status.code(), Some(code), "{arguments:?}: {}", text(&told.stderr));
        let told = text(&told.stderr);
        let told = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
        (text(&output.stdout) + &text(&output.stderr), told)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn images_are_warmed_pinned_shown_and_let_go_by_the_command_line() {
    let world = World::new().await;
    assert!(world.says(&["status"]).await.contains("no image was asked for yet"));
    let job = world.says(&["warm", "image-0:1", "--pin-until", UNTIL]).await;
    assert!(job.contains(FIRST) && job.contains("complete"), "{job}");
    let job = world.tells(&["warm", SECOND, "--platform", "linux/amd64"]).await;
    assert_eq!(
        (&job["images"][0]["image"], &job["images"][0]["state"]),
        (&json!(SECOND), &json!("complete"))
    );

    let shown = world.says(&["status"]).await;
    let line = |image: &str| shown.lines().find(|line| line.starts_with(image)).unwrap_or_default();
    assert!(line(FIRST).contains("starts") && line(FIRST).ends_with("yes"), "{shown}");
    assert!(line(SECOND).contains("starts") && !line(SECOND).ends_with("yes"), "{shown}");
    let status = world.tells(&["status"]).await;
    let bytes: u64 = world.images.iter().map(FakeImage::blob_bytes).sum();
    assert_eq!(status["disk"]["sealed_bytes"], bytes, "{status}");

    assert!(world.says(&["unpin"]).await.contains(FIRST));
    assert_eq!(world.tells(&["unpin"]).await[0]["image"], FIRST);
    let freed = world.tells(&["gc", "--free-mib", "1000"]).await;
    assert!(freed["freed_bytes"].as_u64() >= Some(world.images[1].blob_bytes()), "{freed}");
    let kept = world.tells(&["status"]).await;
    assert_eq!(
        (kept["images"].as_array().map(Vec::len), &kept["images"][0]["image"]),
        (Some(1), &json!(FIRST))
    );
    assert_eq!(world.says(&["gc"]).await.trim(), "0 B are free again");
    assert!(world.says(&["unpin", "image-0:1"]).await.contains("may go"));
    assert_eq!(world.tells(&["unpin"]).await, json!([]));
    assert!(world.says(&["unpin"]).await.contains("no image is pinned"));
    world.says(&["gc", "--free-mib", "1000"]).await;
    assert_eq!(world.tells(&["status"]).await["images"], json!([]));
}

#[tokio::test]
async fn a_wrong_blob_is_told_and_makes_the_command_fail() {
    let world = World::new().await;
    world.says(&["warm", "image-0:1", "image-1:1"]).await;
    assert!(world.says(&["verify"]).await.starts_with("6 blobs read"));
    assert_eq!(world.tells(&["verify"]).await["wrong"], json!([]));
    let digest = flip(&world.mirror, &world.images[0]);
    let output = world.region(&["verify"]).await;
    assert_eq!(output.status.code(), Some(FAILED));
    assert!(text(&output.stdout).contains(&format!("wrong: {digest}")), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("1 blobs were wrong"), "{}", text(&output.stderr));
    let status = world.says(&["status"]).await;
    assert!(status.contains("lacks 1 blobs"), "{status}");
    world.says(&["warm", "image-0:1"]).await;
    assert!(world.says(&["verify"]).await.starts_with("6 blobs read"));
}

#[tokio::test]
async fn failures_say_why_and_end_with_the_documented_codes() {
    let mut world = World::new().await;
    let (said, told) = world.fails(&["warm", "image-0:none"], FAILED).await;
    assert!(said.contains("failed") && said.contains("no such content"), "{said}");
    assert_eq!(told["error"], "1 of 1 images failed");
    let (said, told) = world.fails(&["warm", "elsewhere.example/app:1"], USAGE).await;
    assert!(said.contains("elsewhere.example is not among"), "{said}");
    assert_eq!(told["problem"]["status"], 422, "{told}");
    let (said, _) = world.fails(&["unpin", "image-0:1"], NOT_FOUND).await;
    assert!(said.contains("not pinned"), "{said}");
    world.mirror.kill().await.unwrap();
    for command in [&["status"][..], &["warm", "image-0:1"], &["gc"], &["verify"], &["unpin"]] {
        let (said, told) = world.fails(command, UNAVAILABLE).await;
        assert!(said.contains("does not answer") && told["problem"].is_null(), "{command:?}: {said}");
    }
}
