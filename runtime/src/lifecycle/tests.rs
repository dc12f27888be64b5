use std::io;
use std::process::ExitCode;
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

#[tokio::test]
async fn real_signals_are_received() {
    let mut requests = Requests::signals().unwrap();
    let me = std::process::id().to_string();
    let kill = |name: &str| std::process::Command::new("kill").args(["-s", name, &me]).status().unwrap();
    assert!(kill("TERM").success());
    assert_eq!(requests.next().await, "SIGTERM");
    assert!(kill("INT").success());
    assert_eq!(requests.next().await, "SIGINT");
}

#[test]
fn a_chain_names_each_source_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);
    assert_eq!(super::chain(&Outer(io::Error::other("inner"))), "outer: inner");
}
