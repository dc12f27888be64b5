//! What a machine may use, and what is said about limits that this computer does not have.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::check::Check;
use domain::provider::conformance::Setting;
use domain::random::OsRandom;
use domain::time::SystemClock;

use super::bench::LocalBench;
use crate::launch::TASKS_MAX;
use crate::process::Process;
use crate::{Config, Error, Local};

async fn check(bench: &LocalBench, name: &str) -> Check {
    bench.provider.doctor().await.into_iter().find(|check| check.name == name).unwrap()
}

#[tokio::test]
async fn the_doctor_tells() {
    let bench = LocalBench::new();
    let checks = bench.provider.doctor().await;
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    let limits = ["limit.cpu", "limit.memory", "limit.tasks", "limit.disk"];
    assert_eq!(names, [&["programs", "agent", "isolation", "users"][..], &limits[..]].concat());
    for check in &checks {
        println!("{} {}: {}", check.name, if check.is_good() { "ok" } else { "OFF" }, check.detail);
        assert_eq!(check.is_good(), check.remedy.is_empty(), "{check:?}");
        assert!(check.is_good() || check.name.starts_with("limit."), "{check:?}");
    }
}

/// By control group, and where there is none by the resource limit of the sandbox's own user.
#[tokio::test]
async fn a_fork_bomb_stays_inside() {
    let bench = LocalBench::new();
    let (bomber, other) = (Setting::new(&bench), Setting::new(&bench));
    let (machine, client) = bench.running(&bomber, bomber.spec(1)).await;
    let (_, neighbour) = bench.running(&other, other.spec(1)).await;
    client.sh("bomb() { bomb | bomb & }; (bomb) >/dev/null 2>&1 & disown");
    let uid = bench.record(&machine).uid;
    for _ in 0..5 {
        assert_eq!(neighbour.sh("echo well").stdout, "well\n");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(processes_of(uid) <= usize::try_from(TASKS_MAX).unwrap());
    }
    bomber.clean().await;
    assert_eq!(processes_of(uid), 0);
}

/// Processes of this computer that run as a user; not those that only wait for being noticed as ended.
fn processes_of(uid: u32) -> usize {
    use std::os::unix::fs::MetadataExt as _;
    let all = std::fs::read_dir("/proc").unwrap().map(Result::unwrap);
    let pids = all.filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.uid() == uid));
    let pids = pids.filter_map(|entry| entry.file_name().to_string_lossy().parse::<i32>().ok());
    pids.filter(|pid| Process::at(*pid).unwrap().is_some()).count()
}

/// Where memory is limited, what asks for more is ended; where it is not, the doctor says so.
#[tokio::test]
async fn memory_is_limited_or_the_doctor_says_not() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let (machine, client) = bench.running(&setting, setting.spec(1)).await;
    let greedy = client.sh("head -c 300M /dev/zero | tail | wc -c");
    let is_limited = check(&bench, "limit.memory").await.is_good();
    assert_eq!(greedy.stdout.trim() == "314572800", !is_limited, "{greedy:?}");
    assert_eq!(setting.runs(&machine.id).await.id, machine.id, "the machine itself lives on");
    let groups = bench.record(&machine).groups;
    setting.clean().await;
    assert!(groups.iter().all(|group| !group.exists()), "left behind: {groups:?}");
}

#[test]
fn an_impossible_state_folder_is_explained() {
    let open = |state: PathBuf| {
        let config = Config::new(state, "/usr/bin/true".into());
        Local::open("bj".parse().unwrap(), config, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap_err()
    };
    let long = open(PathBuf::from(format!("/tmp/{}", "x".repeat(100))));
    assert!(matches!(long, Error::StateDirTooLong { bytes: 105 }), "{long}");
    assert!(matches!(open("state".into()), Error::StateDirRelative(_)));
    let closed = tempfile::tempdir().unwrap();
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let error = open(closed.path().join("state"));
    assert!(matches!(&error, Error::StateDirClosed(folder) if folder == closed.path()), "{error}");
    assert!(error.to_string().contains("chmod o+x"));
}
