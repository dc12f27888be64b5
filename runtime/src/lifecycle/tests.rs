use std::io;
use std::io::BufRead as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::signals::Requests;
use super::{Stop, Tasks};
use crate::BoxError;

const DRAIN: Duration = Duration::from_secs(30);

fn tasks() -> (Tasks, UnboundedSender<&'static str>, Requests) {
    let (ask, requests) = unbounded_channel();
    (Tasks::new(DRAIN), ask, Requests::Channel(requests))
}

fn succeeded(code: ExitCode) -> bool {
    code == ExitCode::SUCCESS
}

async fn drains_in(stop: Stop, time: Duration) -> Result<(), BoxError> {
    stop.soft().await;
    stop.unless_hard(tokio::time::sleep(time)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_first_request_drains_and_succeeds() {
    let (mut tasks, ask, requests) = tasks();
    tasks.spawn("quick", drains_in(tasks.stop(), Duration::ZERO));
    tasks.spawn("slow", drains_in(tasks.stop(), Duration::from_secs(9)));
    let stop = tasks.stop();
    ask.send("first").unwrap();
    let began = Instant::now();
    assert!(succeeded(tasks.supervise(requests).await));
    assert_eq!(began.elapsed().as_secs(), 9);
    assert!(stop.is_soft() && !stop.is_hard());
}

#[tokio::test(start_paused = true)]
async fn the_second_request_is_hard() {
    let (mut tasks, ask, requests) = tasks();
    tasks.spawn("slow", drains_in(tasks.stop(), Duration::from_secs(9)));
    let stop = tasks.stop();
    ask.send("first").unwrap();
    ask.send("second").unwrap();
    let began = Instant::now();
    assert!(succeeded(tasks.supervise(requests).await));
    assert!(stop.is_hard());
    assert_eq!(began.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_drain_deadline_is_hard() {
    let (mut tasks, ask, requests) = tasks();
    tasks.spawn("slow", drains_in(tasks.stop(), Duration::from_secs(999)));
    ask.send("first").unwrap();
    let began = Instant::now();
    assert!(succeeded(tasks.supervise(requests).await));
    assert_eq!(began.elapsed(), DRAIN);
}

#[tokio::test(start_paused = true)]
async fn a_component_deaf_to_the_hard_stop_is_aborted_and_fails() {
    let (mut tasks, ask, requests) = tasks();
    tasks.spawn("deaf", std::future::pending::<Result<(), BoxError>>());
    ask.send("first").unwrap();
    let began = Instant::now();
    assert!(!succeeded(tasks.supervise(requests).await));
    assert_eq!(began.elapsed(), DRAIN + Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_component_that_fails_stops_the_others_and_the_process_fails() {
    let (mut tasks, _ask, requests) = tasks();
    tasks.spawn("fails", async { Err(io::Error::other("no disk")) });
    tasks.spawn("other", drains_in(tasks.stop(), Duration::from_secs(1)));
    let stop = tasks.stop();
    assert!(!succeeded(tasks.supervise(requests).await));
    assert!(stop.is_soft());
}

#[tokio::test(start_paused = true)]
async fn a_component_that_ends_early_fails_the_process() {
    let (mut tasks, _ask, requests) = tasks();
    tasks.spawn("early", async { Ok::<(), BoxError>(()) });
    tasks.spawn("other", drains_in(tasks.stop(), Duration::ZERO));
    assert!(!succeeded(tasks.supervise(requests).await));
}

#[tokio::test(start_paused = true)]
async fn a_component_that_panics_fails_the_process() {
    let (mut tasks, _ask, requests) = tasks();
    tasks.spawn("panics", async { if true { panic!("as the test wants") } else { Ok::<(), BoxError>(()) } });
    tasks.spawn("other", drains_in(tasks.stop(), Duration::ZERO));
    assert!(!succeeded(tasks.supervise(requests).await));
}

#[tokio::test(start_paused = true)]
async fn an_error_while_draining_fails_the_process() {
    let (mut tasks, ask, requests) = tasks();
    let stop = tasks.stop();
    tasks.spawn("fails", async move {
        stop.soft().await;
        Err(io::Error::other("could not flush"))
    });
    ask.send("first").unwrap();
    assert!(!succeeded(tasks.supervise(requests).await));
}

#[tokio::test(start_paused = true)]
async fn a_stopper_stops_an_embedded_group() {
    let mut tasks = Tasks::default();
    tasks.spawn("slow", drains_in(tasks.stop(), Duration::from_secs(999)));
    let stopper = tasks.stopper();
    stopper.hard();
    let began = Instant::now();
    assert!(succeeded(tasks.run_embedded().await));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn no_components_is_a_success_at_once() {
    assert!(succeeded(Tasks::default().run_embedded().await));
}

/// Set in the copy of this test program that plays a whole process.
const PROCESS: &str = "QINGJIAO_TEST_LIFECYCLE_PROCESS";

/// Runs in a process of its own, as a signal is for the whole process.
#[test]
fn signals_stop_a_process() {
    if std::env::var_os(PROCESS).is_some() {
        return process();
    }
    for (signal, code) in [("TERM", 0), ("INT", 0), ("KILL", -1)] {
        let mut child = spawn_process();
        let mut output = io::BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(output.any(|line| line.unwrap().contains("process runs")));
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code().unwrap_or(-1), code, "SIG{signal}");
    }
}

fn spawn_process() -> std::process::Child {
    let test = ["--exact", "lifecycle::tests::signals_stop_a_process", "--nocapture"];
    let program = std::env::current_exe().unwrap();
    Command::new(program).args(test).env(PROCESS, "1").stdout(Stdio::piped()).spawn().unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn process() {
    let mut tasks = Tasks::default();
    let stop = tasks.stop();
    tasks.spawn("waits", async move {
        // By now the signals are taken over, as `run` does so first.
        println!("process runs");
        stop.soft().await;
        Ok::<(), BoxError>(())
    });
    assert!(succeeded(tasks.run().await));
}

#[test]
fn a_chain_names_each_source_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);
    assert_eq!(super::chain(&Outer(io::Error::other("inner"))), "outer: inner");
}
