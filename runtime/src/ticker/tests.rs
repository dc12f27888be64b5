use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{Next, Tick, TickMetrics, Ticker};
use crate::{BoxError, Stopper};

const INTERVAL: Duration = Duration::from_secs(10);

/// Answers what its script says, `Idle` when it is over, and notes when it was called.
#[derive(Clone)]
struct Scripted {
    script: Arc<Mutex<Vec<Result<Next, &'static str>>>>,
    calls: Arc<Mutex<Vec<Duration>>>,
    began: Instant,
    takes: Duration,
}

impl Scripted {
    fn new(mut script: Vec<Result<Next, &'static str>>) -> Self {
        script.reverse();
        let script = Arc::new(Mutex::new(script));
        Self { script, calls: Arc::default(), began: Instant::now(), takes: Duration::ZERO }
    }

    fn calls_ms(&self) -> Vec<u128> {
        self.calls.lock().iter().map(Duration::as_millis).collect()
    }
}

impl Tick for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn tick(&self) -> Result<Next, BoxError> {
        self.calls.lock().push(self.began.elapsed());
        sleep(self.takes).await;
        let next = self.script.lock().pop();
        Ok(next.unwrap_or(Ok(Next::Idle))?)
    }
}

struct Bench {
    running: JoinSet<Result<(), BoxError>>,
    stopper: Stopper,
    wake: Arc<Notify>,
    metrics: TickMetrics,
}

fn start(component: &Scripted) -> Bench {
    let (stopper, wake, metrics) = (Stopper::new(), Arc::new(Notify::new()), TickMetrics::unregistered());
    let mut ticker = Ticker::new(INTERVAL, wake.clone(), stopper.stop(), metrics.clone());
    ticker.random = || u64::MAX;
    let mut running = JoinSet::new();
    running.spawn(ticker.run(component.clone()));
    Bench { running, stopper, wake, metrics }
}

#[tokio::test(start_paused = true)]
async fn it_ticks_at_the_interval_at_once_or_when_asked() {
    let soon = Next::After(Duration::from_secs(3));
    let late = Next::After(Duration::from_secs(3600));
    let component = Scripted::new(vec![Ok(Next::Idle), Ok(Next::Again), Ok(soon), Ok(late)]);
    let _bench = start(&component);
    sleep(Duration::from_secs(24)).await;
    assert_eq!(component.calls_ms(), [0, 10_000, 10_000, 13_000, 23_000]);
}

#[tokio::test(start_paused = true)]
async fn wakes_during_a_tick_coalesce_to_one_more() {
    let mut component = Scripted::new(vec![]);
    component.takes = Duration::from_secs(1);
    let bench = start(&component);
    sleep(Duration::from_millis(500)).await;
    (0..100).for_each(|_| bench.wake.notify_one());
    sleep(Duration::from_secs(9)).await;
    assert_eq!(component.calls_ms(), [0, 1_000]);
}

#[tokio::test(start_paused = true)]
async fn failures_back_off_whatever_wakes_and_are_counted() {
    let component = Scripted::new(vec![Err("down"), Err("down"), Err("down")]);
    let bench = start(&component);
    sleep(Duration::from_millis(1)).await;
    bench.wake.notify_one();
    sleep(Duration::from_millis(4_000)).await;
    let calls = component.calls_ms();
    // Paused time rounds up to whole milliseconds; the kept wake-up adds the last call.
    assert_eq!(calls, [0, 250, 750, 1_750, 1_750], "pauses of 250, 500 and 1000 ms");
    assert_eq!(bench.metrics.failures_of("scripted"), 3);
    assert!(bench.metrics.last_success_of("scripted") > 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_soft_stop_lets_the_tick_end() {
    let mut component = Scripted::new(vec![]);
    component.takes = Duration::from_secs(5);
    let mut bench = start(&component);
    sleep(Duration::from_secs(1)).await;
    bench.stopper.soft();
    bench.running.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(component.began.elapsed().as_secs(), 5);
    assert_eq!(component.calls_ms(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_hard_stop_drops_the_tick() {
    let mut component = Scripted::new(vec![]);
    component.takes = Duration::from_secs(5);
    let mut bench = start(&component);
    sleep(Duration::from_secs(1)).await;
    bench.stopper.hard();
    bench.running.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(component.began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_soft_stop_ends_a_pause() {
    let component = Scripted::new(vec![]);
    let mut bench = start(&component);
    sleep(Duration::from_secs(1)).await;
    bench.stopper.soft();
    bench.running.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(component.began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_component_that_always_has_more_to_do_still_stops() {
    let component = Scripted::new(vec![Ok(Next::Again); 1_000_000]);
    let mut bench = start(&component);
    tokio::task::yield_now().await;
    bench.stopper.soft();
    bench.running.join_next().await.unwrap().unwrap().unwrap();
    assert!(component.calls.lock().len() < 1_000);
}

#[test]
fn a_run_of_failures_is_logged_first_then_every_nth_then_its_end() {
    let log = crate::telemetry::capture::log_of(|| {
        let mut failures = super::Failures::new("scripted");
        let error = std::io::Error::other("down");
        (0..45).for_each(|_| {
            failures.failed(&error);
        });
        failures.succeeded();
        failures.succeeded();
    });
    let counts: Vec<u64> = log.iter().map(|line| line["tick.failures"].as_u64().unwrap()).collect();
    assert_eq!(counts, [1, 20, 40, 45]);
    assert_eq!(log[0]["error"], "down");
    assert_eq!(log[3]["message"], "tick works again");
}
