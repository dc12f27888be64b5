use std::process::Command;

use rustix::process::{getpid, set_child_subreaper};
use tokio::task::JoinSet;

use super::*;
use crate::testing::{soon, until};

/// Set in the process that plays the machine's first process.
const PLAYS_FIRST: &str = "AGENT_TEST_PLAYS_FIRST_PROCESS";

#[tokio::test]
async fn every_child_keeps_its_own_status() {
    let children = Reaper::listen().unwrap();
    let reaper = Reaper::new(Scope::Own);
    let mut sweeping = JoinSet::new();
    sweeping.spawn(reaper.clone().run(children));
    let started: Vec<_> = (0..40)
        .map(|code| (code, reaper.spawn(Command::new("sh").args(["-c", &format!("exit {code}")])).unwrap()))
        .collect();
    for (code, started) in started {
        let ended = soon(started.ended).await.unwrap();
        assert_eq!(ended, Ended { exit_code: Some(code), signal: None });
    }
    assert!(reaper.spawn(&mut Command::new("/no/such/program")).is_err());
}

/// A subreaper takes the statuses of all children of its process, so it is played in a process of its own.
#[test]
fn orphans_are_reaped_and_own_statuses_are_kept() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "reaper::tests::plays_the_first_process", "--nocapture"])
        .env(PLAYS_FIRST, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn plays_the_first_process() {
    if std::env::var_os(PLAYS_FIRST).is_none() {
        return;
    }
    set_child_subreaper(Some(getpid())).unwrap();
    let children = Reaper::listen().unwrap();
    let reaper = Reaper::new(Scope::Everyone);
    let mut sweeping = JoinSet::new();
    sweeping.spawn(reaper.clone().run(children));
    for code in 0..40 {
        let script = format!("(sh -c 'exit 1' & sleep 0.01 & true) ; (sleep 0.02 & true) & exit {code}");
        let started = reaper.spawn(Command::new("sh").args(["-c", &script])).unwrap();
        assert_eq!(soon(started.ended).await.unwrap().exit_code, Some(code));
    }
    until(|| own_children() == 0).await;
}

fn own_children() -> usize {
    let own = getpid().as_raw_pid().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let parents = processes.filter_map(|process| {
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(1).map(str::to_owned)
    });
    parents.filter(|parent| *parent == own).count()
}
