//! Machines outlive the processes that made them, and are never made twice, whenever one is killed.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use domain::provider::conformance::Setting;
use domain::provider::{MachineSpec, Provider as _, ResourceId, State};

use super::bench::{AGENT_VARIABLE, LocalBench, agent, open};
use super::client::Client;
use crate::process;

const STATE_VARIABLE: &str = "LOCAL_TEST_STATE";
const SANDBOX_VARIABLE: &str = "LOCAL_TEST_SANDBOX";
const KILLS: u64 = 16;
/// A user that is not root, and nobody's own.
const ORDINARY: u32 = 289_999;
/// Apart from those of any test in this process.
const UIDS_FIRST: u32 = 290_000;

/// The agents of a sandbox that live on this computer.
fn agents(spec: &MachineSpec) -> usize {
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_string_lossy().parse::<i32>().ok());
    let sandbox = spec.tags.sandbox.as_str();
    let is_one = |words: &[String]| {
        words.first().is_some_and(|word| word == "/run/qingjiao.agent")
            && words.iter().any(|word| word == sandbox)
    };
    pids.filter(|pid| is_one(&process::arguments(*pid))).count()
}

/// Not a test of its own: the process that the tests below start and kill. It says when it begins, makes a machine,
/// says its id, and stands still.
#[tokio::test]
async fn a_provider_process() {
    let (Ok(state), Ok(sandbox)) = (std::env::var(STATE_VARIABLE), std::env::var(SANDBOX_VARIABLE)) else {
        return;
    };
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let mut spec = setting.spec(1);
    spec.tags.sandbox = sandbox.parse().unwrap();
    let provider = open(&PathBuf::from(state), "bj", UIDS_FIRST);
    println!("begins");
    let answer = provider.ensure(&setting.batch(vec![spec])).await.remove(0);
    println!("made {}", answer.unwrap().0);
    std::future::pending::<()>().await;
}

/// A program that provides a machine on a state folder.
fn provider_command(program: &Path, state: &Path, spec: &MachineSpec) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", "tests::crashes::a_provider_process", "--nocapture"])
        .env(STATE_VARIABLE, state)
        .env(SANDBOX_VARIABLE, spec.tags.sandbox.as_str())
        .env(AGENT_VARIABLE, agent())
        .env("TMPDIR", state)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Starts it, and waits until it begins.
fn begin(mut command: Command) -> (Child, BufReader<ChildStdout>) {
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    line_with(&mut said, "begins");
    (child, said)
}

fn provider_process(bench: &LocalBench, spec: &MachineSpec) -> (Child, BufReader<ChildStdout>) {
    begin(provider_command(&std::env::current_exe().unwrap(), bench.state(), spec))
}

fn line_with(said: &mut impl BufRead, word: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended before it said {word}");
        if let Some(at) = line.find(word) {
            return line[at + word.len()..].trim().to_owned();
        }
    }
}

#[tokio::test]
async fn a_machine_outlives_its_maker_and_is_adopted() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let spec = setting.spec(1);
    let (mut maker, mut said) = provider_process(&bench, &spec);
    let id = ResourceId(line_with(&mut said, "made "));
    maker.kill().unwrap();
    maker.wait().unwrap();
    let machine = setting.runs(&id).await;
    let client = Client::new(&machine, &bench.signer);
    assert_eq!(client.sh("echo alive; echo kept >kept").stdout, "alive\n");
    assert_eq!(setting.ensure(spec.clone()).await, Ok(id.clone()), "adopted, not made again");
    assert_eq!(agents(&spec), 1);
    let after_restart = bench.again();
    assert_eq!(
        after_restart
            .list()
            .await
            .unwrap()
            .resources
            .iter()
            .filter(|r| r.id == id && r.state == State::Running)
            .count(),
        1
    );
    after_restart.delete(&[id]).await.unwrap();
    assert_eq!(agents(&spec), 0);
    let (_, client) = bench.running(&setting, setting.spec(2)).await;
    assert_eq!(client.sh("cat kept").stdout, "kept\n", "the home outlives the machine");
}

/// A kill at any moment of a creation, and the same creation again by another process: one machine.
#[tokio::test]
async fn a_killed_creation_is_finished_and_never_doubled() {
    let bench = LocalBench::new();
    for kill in 0..KILLS {
        let setting = Setting::new(&bench);
        let spec = setting.spec(1);
        let (mut maker, _said) = provider_process(&bench, &spec);
        tokio::time::sleep(Duration::from_micros(kill * 1500)).await;
        maker.kill().unwrap();
        let id = setting.made(spec.clone()).await;
        maker.wait().unwrap();
        setting.runs(&id).await;
        assert_eq!((agents(&spec), setting.machines().await.len()), (1, 1), "killed after {kill} steps");
        setting.clean().await;
        assert_eq!(agents(&spec), 0);
    }
}

/// What a crash between the steps of a creation leaves is finished by the same creation.
#[tokio::test]
async fn each_step_of_a_creation_can_be_the_last() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let spec = setting.spec(1);
    let id = setting.made(spec.clone()).await;
    let folder = bench.folders().machine(&spec.tags);
    let end = async || {
        let running = setting.runs(&id).await;
        let chain = crate::launch::started(&folder).unwrap().unwrap();
        chain.kill().unwrap();
        setting
            .machines_until("it ends", |all| all.iter().all(|r| matches!(r.state, State::Exited(_))))
            .await;
        std::fs::remove_file(bench.folders().socket(&running.id)).unwrap();
    };
    end().await;
    std::fs::write(folder.join("process"), "").unwrap();
    assert_eq!(setting.machines().await, vec![], "written down, not started");
    assert_eq!(setting.ensure(spec.clone()).await, Ok(id.clone()));
    end().await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(setting.ensure(spec.clone()).await, Ok(id.clone()), "noted, not written down");
    setting.runs(&id).await;
    setting.clean().await;
}

/// What a killed creation left is gone with the next list when nobody repeats it, whichever step was its last.
#[tokio::test]
async fn a_creation_that_nobody_repeats_leaves_nothing() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let spec = setting.spec(1);
    let folder = bench.folders().machine(&spec.tags);
    let names = || crate::files::names(&bench.folders().machines()).unwrap();
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(setting.machines().await, vec![]);
    assert_eq!(names(), Vec::<String>::new(), "made, not written down");
    let id = setting.made(spec.clone()).await;
    setting.runs(&id).await;
    crate::launch::started(&folder).unwrap().unwrap().kill().unwrap();
    setting.machines_until("it ends", |all| all.iter().all(|r| matches!(r.state, State::Exited(_)))).await;
    std::fs::write(folder.join("process"), "").unwrap();
    let maker = crate::fence::Fence::close(&bench.folders(), &spec.tags).unwrap();
    setting.machines().await;
    assert_eq!(names().len(), 1, "somebody is about to start it");
    drop(maker);
    setting.machines().await;
    assert_eq!(names(), Vec::<String>::new(), "written down, not started");
    setting.clean().await;
}

/// A machine whose processes are gone is listed with what it said last.
#[tokio::test]
async fn a_machine_that_dies_is_seen_at_once() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let mut spec = setting.spec(1);
    spec.agent_keys.clear();
    let id = setting.made(spec).await;
    let dead = setting
        .machines_until("it ends", |all| all.iter().any(|r| matches!(r.state, State::Exited(_))))
        .await;
    let State::Exited(exit) = &dead[0].state else { panic!("not ended") };
    assert_eq!((&dead[0].id, exit.exit_code), (&id, Some(2)), "{exit:?}");
    assert!(exit.last_lines.iter().any(|line| line.contains("--key")), "{exit:?}");
    setting.clean().await;
}

/// The reconciler is woken by each change of a machine, without a poll of its own.
#[tokio::test]
async fn changes_wake() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let id = setting.made(setting.spec(1)).await;
    let running = async || setting.machines().await.iter().any(|r| r.id == id && r.state == State::Running);
    while !running().await {
        tokio::time::timeout(Duration::from_secs(10), bench.provider.changed()).await.unwrap();
    }
    setting.clean().await;
    tokio::time::timeout(Duration::from_secs(10), bench.provider.changed()).await.unwrap();
}

/// Without root there is one user for all machines; they are isolated all the same, and root can adopt them.
#[tokio::test]
async fn an_ordinary_user_can_run_machines() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let spec = setting.spec(1);
    let folder = tempfile::tempdir_in(bench.state()).unwrap();
    let [program, its_agent, state] = ["program", "agent", "state"].map(|name| folder.path().join(name));
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    std::fs::copy(agent(), &its_agent).unwrap();
    chown(folder.path(), Some(ORDINARY), Some(ORDINARY)).unwrap();
    let mut command = provider_command(&program, &state, &spec);
    command.env(AGENT_VARIABLE, its_agent).env("TMPDIR", folder.path()).uid(ORDINARY).gid(ORDINARY);
    let (mut maker, mut said) = begin(command);
    let id = ResourceId(line_with(&mut said, "made "));
    maker.kill().unwrap();
    maker.wait().unwrap();
    let adopter = open(&state, "bj", UIDS_FIRST);
    let machine = loop {
        let listed = adopter.list().await.unwrap().resources;
        match listed.into_iter().find(|resource| resource.id == id && resource.state == State::Running) {
            Some(machine) => break machine,
            None => adopter.changed().await,
        }
    };
    let seen = Client::new(&machine, &bench.signer).sh("whoami; touch ~/file; ls /root");
    adopter.delete(&[id]).await.unwrap();
    assert_eq!((seen.stdout.as_str(), seen.exit_code), ("student\n", Some(2)), "{seen:?}");
    assert_eq!(agents(&spec), 0);
}
