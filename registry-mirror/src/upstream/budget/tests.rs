use super::*;

fn announce(remaining: u64) -> HeaderMap {
    let pairs = [
        ("ratelimit-limit", "100;w=21600".to_owned()),
        ("ratelimit-remaining", format!("{remaining};w=21600")),
    ];
    pairs.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

const WAIT: Duration = Duration::from_secs(5);

async fn known(remaining: u64, reserve: u64) -> Meter {
    let meter = Meter::new(reserve);
    meter.pull(WAIT).await.unwrap().observe(&announce(remaining));
    meter
}

#[tokio::test(start_paused = true)]
async fn an_upstream_without_a_budget_is_never_waited_for() {
    let meter = Meter::new(5);
    meter.free().observe(&HeaderMap::new());
    let pulls = [meter.pull(WAIT).await.unwrap(), meter.pull(WAIT).await.unwrap()];
    assert_eq!(meter.budget(), None);
    drop(pulls);
}

#[tokio::test(start_paused = true)]
async fn the_first_pull_goes_alone() {
    let meter = Meter::new(0);
    let first = meter.pull(WAIT).await.unwrap();
    let second = async { meter.pull(WAIT).await.map(Pull::free_of_charge) };
    let answer = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        first.observe(&announce(1));
    };
    assert_eq!(tokio::join!(second, answer).0, Ok(()));
    let early = Meter::new(0);
    let _first = early.pull(WAIT).await.unwrap();
    assert!(early.pull(WAIT).await.is_err(), "without an answer the second waits in vain");
}

#[tokio::test(start_paused = true)]
async fn no_more_pulls_go_than_are_left_without_the_reserve() {
    let meter = known(5, 2).await;
    assert_eq!(meter.budget().unwrap().remaining, 3);
    let pulls: Vec<_> = [meter.pull(WAIT).await, meter.pull(WAIT).await, meter.pull(WAIT).await].into();
    assert!(pulls.iter().all(Result::is_ok));
    let refused = meter.pull(WAIT).await.unwrap_err();
    assert_eq!(refused.retry_after, Some(Duration::from_secs(216)), "a hundredth of the window");
    drop(pulls);
    assert!(meter.pull(WAIT).await.is_err(), "pulls without an answer count");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_overtaken_raises_nothing() {
    let meter = known(10, 0).await;
    let (slow, fast) = (meter.pull(WAIT).await.unwrap(), meter.pull(WAIT).await.unwrap());
    tokio::time::advance(Duration::from_secs(1)).await;
    fast.observe(&announce(8));
    slow.observe(&announce(9));
    assert_eq!(meter.budget().unwrap().remaining, 8);
    tokio::time::advance(Duration::from_secs(1)).await;
    meter.free().observe(&announce(50));
    assert_eq!(meter.budget().unwrap().remaining, 50, "a later one may");
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_served_in_order() {
    let meter = known(1, 0).await;
    let running = meter.pull(WAIT).await.unwrap();
    let order = Mutex::new(Vec::new());
    let wait = async |number: u32| {
        let pull = meter.pull(WAIT).await.unwrap();
        order.lock().push(number);
        pull.observe(&announce(1));
    };
    let answer = async { running.observe(&announce(1)) };
    tokio::join!(wait(1), wait(2), wait(3), answer);
    assert_eq!(*order.lock(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_upstream_is_kept_to() {
    for (said, waits) in [(Some(7), 7), (None, 216), (Some(9999), 300)] {
        let meter = known(50, 0).await;
        let wait = meter.pull(WAIT).await.unwrap().limited(said.map(Duration::from_secs));
        assert_eq!(wait, Duration::from_secs(waits));
        assert_eq!(meter.pull(WAIT).await.unwrap_err().retry_after, Some(wait));
        tokio::time::advance(wait - Duration::from_secs(3)).await;
        assert!(meter.pull(WAIT).await.is_ok(), "it waits for an end that is near, and then tries");
    }
}

#[tokio::test(start_paused = true)]
async fn a_used_up_budget_is_looked_at_now_and_then_and_ends_with_its_window() {
    let meter = known(0, 0).await;
    assert!(!meter.should_probe());
    tokio::time::advance(PROBE_EVERY).await;
    assert!(meter.should_probe());
    assert!(!meter.should_probe(), "one looks for all");
    assert!(meter.pull(WAIT).await.is_err());
    tokio::time::advance(Duration::from_secs(6 * 3600)).await;
    assert!(meter.pull(WAIT).await.is_ok());
}
