//! One sandbox that takes all it can get: it is held, it says why it ended, and its neighbours notice nothing.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::bystander::Bystander;
use super::scene::{Kind, Sandbox, Scene};

/// More processes than the cluster's kubelets let a pod have.
const PROCESSES: u32 = 600;
const NEIGHBOURS_MAX: usize = 6;
/// Starts processes until one is refused, and says how many there were.
const FORK_BOMB: &str = "
import os, sys
started = []
try:
    while len(started) < int(sys.argv[1]):
        started.append(os.posix_spawn('/bin/sleep', ['sleep', '60'], os.environ))
except BlockingIOError:
    pass
print(len(started))
for pid in started:
    os.kill(pid, 9)
";
const TAKE_96_MIB: &str = "bytearray(96 << 20); print('taken')";
const FILL_64_MIB: [&str; 5] = ["dd", "if=/dev/zero", "of=/tmp/filled", "bs=1M", "count=64"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_bomb_is_held() {
    let mut scene = Scene::start("forks").await.unwrap();
    let kind = Kind { memory_mib: 512, ..Kind::default() };
    let bomber = scene.create("bomber", "school-1", kind).await.unwrap();
    let bomber = scene.ready(&bomber).await.unwrap();
    let mut bystander = neighbour(&mut scene, &bomber).await;
    let count = PROCESSES.to_string();
    let bomb = ["python3", "-c", FORK_BOMB, &count];
    let (said, answers, longest) = bystander.works_until(scene.exec(&bomber, &bomb)).await.unwrap();
    let held_at: u32 = said.unwrap().text.trim().parse().unwrap();
    println!(
        "held at {held_at} processes; the neighbour's terminal answered {answers} times, in {longest:?} at most"
    );
    assert!((10..PROCESSES).contains(&held_at), "{held_at}");
    assert!(answers > 0);

    // It is the limit that holds it.
    std::fs::write(limit_of(&bomber), "max").unwrap();
    let unlimited = scene.exec(&bomber, &bomb).await.unwrap();
    assert_eq!(unlimited.text.trim(), count);
    scene.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_hog_is_ended_and_says_so() {
    let mut scene = Scene::start("memory").await.unwrap();
    let [small, large] = [64, 256].map(|memory_mib| Kind { memory_mib, ..Kind::default() });
    let (small, large) =
        (scene.create("small", "school-1", small).await, scene.create("large", "school-1", large).await);
    let (small, large) =
        (scene.ready(&small.unwrap()).await.unwrap(), scene.ready(&large.unwrap()).await.unwrap());
    let take = ["python3", "-c", TAKE_96_MIB];
    let mut bystander = neighbour(&mut scene, &small).await;
    let (said, _, longest) = bystander.works_until(scene.exec(&small, &take)).await.unwrap();
    assert_eq!(said.unwrap().exit_code, None, "a signal ended it");
    println!("the neighbour's terminal answered in {longest:?} at most");
    assert_eq!(scene.exec(&large, &take).await.unwrap().text.trim(), "taken", "with more, the same succeeds");

    let hog = Kind { memory_mib: 32, command: json!(["tail", "/dev/zero"]), ..Kind::default() };
    let hog = scene.create("hog", "school-1", hog).await.unwrap();
    let ((), ..) = bystander
        .works_until(async { drop(scene.says(&hog, "out_of_memory").await.unwrap()) })
        .await
        .unwrap();
    scene.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_ends_its_own_sandbox_only() {
    let mut scene = Scene::start("disk").await.unwrap();
    let [small, large] = [16, 256].map(|disk_mib| Kind { disk_mib, ..Kind::default() });
    let (small, large) =
        (scene.create("small", "school-1", small).await, scene.create("large", "school-1", large).await);
    let (small, large) =
        (scene.ready(&small.unwrap()).await.unwrap(), scene.ready(&large.unwrap()).await.unwrap());
    let mut bystander = neighbour(&mut scene, &small).await;
    for sandbox in [&large, &small] {
        let filled = scene.exec(sandbox, &FILL_64_MIB).await.unwrap();
        assert_eq!(filled.exit_code, Some(0), "{}", filled.text);
    }
    let (said, answers, longest) = bystander.works_until(scene.says(&small.id, "evicted")).await.unwrap();
    println!(
        "{}; the neighbour's terminal answered {answers} times, in {longest:?} at most",
        said.unwrap()["cause"]
    );
    let there = scene.exec(&large, &["stat", "-c", "%s", "/tmp/filled"]).await.unwrap();
    assert_eq!(there.text.trim(), (64 << 20).to_string(), "with more, the same may stay");
    scene.end().await.unwrap();
}

/// Somebody of another school at work on the same node.
async fn neighbour(scene: &mut Scene, of: &Sandbox) -> Bystander {
    for number in 0..NEIGHBOURS_MAX {
        let id = scene.create(&format!("neighbour-{number}"), "school-2", Kind::default()).await.unwrap();
        let sandbox = scene.ready(&id).await.unwrap();
        if sandbox.node == of.node {
            return Bystander::sit_down(scene, &sandbox).await.unwrap();
        }
    }
    panic!("none of {NEIGHBOURS_MAX} sandboxes came to {}", of.node);
}

/// The file with the most processes that a pod may have.
fn limit_of(sandbox: &Sandbox) -> PathBuf {
    let version_1 = Path::new("/sys/fs/cgroup/pids");
    let root = if version_1.is_dir() { version_1 } else { Path::new("/sys/fs/cgroup") };
    let folder = format!("pod{}", sandbox.uid);
    find(root, &folder)
        .unwrap_or_else(|| panic!("{folder} is nowhere below {}", root.display()))
        .join("pids.max")
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let folders =
        std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    let mut folders = folders.collect::<Vec<_>>();
    let found = folders.iter().position(|path| path.ends_with(name)).map(|index| folders.swap_remove(index));
    found.or_else(|| folders.iter().find_map(|path| find(path, name)))
}
