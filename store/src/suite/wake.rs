//! Waking.

use std::time::Duration;

use tokio::time::timeout;

use super::bench::Bench;
use crate::{Topic, Wake};

/// A hint that comes later than this is none; it only bounds a failing test.
const PATIENCE: Duration = Duration::from_secs(10);

super::scenarios!(
    a_change_wakes_who_waits_for_it,
    a_change_before_the_wait_is_not_missed,
    other_processes_hear_it
);

async fn wakes(wake: &Wake, topic: Topic) {
    timeout(PATIENCE, wake.wait(topic)).await.unwrap();
}

/// Whether a wait would go on; hints that are already there are taken first.
async fn settle(wake: &Wake, topic: Topic) {
    while timeout(Duration::from_millis(100), wake.wait(topic)).await.is_ok() {}
}

async fn a_change_wakes_who_waits_for_it(bench: Bench) {
    let term = bench.lead().await;
    let wake = bench.store.wake();
    let id = bench.create("school", "s1").await.intent.id;
    wakes(&wake, Topic::Intent).await;
    wakes(&wake, Topic::Log).await;
    settle(&wake, Topic::Status).await;
    bench.walk(term, &id, &[domain::phase::Phase::Provisioning]).await;
    wakes(&wake, Topic::Status).await;
}

async fn a_change_before_the_wait_is_not_missed(bench: Bench) {
    let wake = bench.store.wake();
    settle(&wake, Topic::Intent).await;
    let clone = wake.clone();
    for n in 0..3 {
        bench.create("school", &format!("s{n}")).await;
    }
    wakes(&wake, Topic::Intent).await;
    wakes(&clone, Topic::Intent).await;
    assert!(timeout(Duration::from_millis(50), wake.wait(Topic::Intent)).await.is_err(), "many wake once");
}

/// On SQLite one process owns the database; its stores share one hub only when they are clones.
async fn other_processes_hear_it(bench: Bench) {
    if !matches!(bench.store.database(), crate::sql::Database::Postgres(_)) {
        return a_change_wakes_who_waits_for_it(bench).await;
    }
    let other = bench.another().await;
    let wake = other.wake();
    settle(&wake, Topic::Intent).await;
    bench.create("school", "s1").await;
    wakes(&wake, Topic::Intent).await;
    wakes(&wake, Topic::Log).await;
}
