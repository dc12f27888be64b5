//! Idle time.

use std::time::Duration;

use domain::id::SandboxId;
use domain::phase::Phase;
use domain::time::Timestamp;

use super::bench::{Bench, NOW};
use crate::{Error, Report};

super::scenarios!(
    idle_time_accrues_over_what_was_watched,
    activity_begins_it_anew,
    the_slowest_reporter_rules,
    an_outage_stops_nobody,
    nonsense_is_refused,
);

async fn ready(bench: &Bench) -> SandboxId {
    let term = bench.lead().await;
    let id = bench.create("school", "s1").await.intent.id;
    bench.walk(term, &id, &[Phase::Provisioning, Phase::Starting, Phase::Ready]).await;
    id
}

async fn report(bench: &Bench, reporter: &str, from_s: u64, to_s: u64, active: &[(&SandboxId, u64)]) {
    bench.clock.set(NOW.plus_s(to_s));
    let active = active.iter().map(|(id, at_s)| ((*id).clone(), NOW.plus_s(*at_s))).collect();
    let report =
        Report { reporter: reporter.to_owned(), from: NOW.plus_s(from_s), to: NOW.plus_s(to_s), active };
    bench.store.activity().report(report).await.unwrap();
}

async fn idle_time_accrues_over_what_was_watched(bench: Bench) {
    let id = ready(&bench).await;
    report(&bench, "p1", 0, 0, &[]).await;
    for n in 0..6 {
        report(&bench, "p1", n * 10, n * 10 + 10, &[]).await;
    }
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 60_000);
    let all = bench.store.activity().all_idle().await.unwrap();
    assert_eq!((all[&id].idle_ms, all[&id].last_active_at), (60_000, NOW));
    bench.clock.advance(Duration::from_secs(3600));
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 60_000, "nobody watched");
}

async fn activity_begins_it_anew(bench: Bench) {
    let id = ready(&bench).await;
    report(&bench, "p1", 0, 0, &[]).await;
    report(&bench, "p1", 0, 10, &[]).await;
    report(&bench, "p1", 10, 20, &[(&id, 18), (&id, 12)]).await;
    let idle = bench.store.activity().all_idle().await.unwrap()[&id];
    assert_eq!((idle.idle_ms, idle.last_active_at), (0, NOW.plus_s(18)));
    report(&bench, "p1", 20, 30, &[]).await;
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 10_000);
    bench.store.activity().touch(&id).await.unwrap();
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 0);
    report(&bench, "p1", 30, 40, &[]).await;
    bench.store.intent().extend(&id, None, NOW.plus_s(5000)).await.unwrap();
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 0, "extending is activity");
    let unknown = "bj-aaaaaaaaaaaaaaaa".parse().unwrap();
    bench.store.activity().touch(&unknown).await.unwrap();
    assert_eq!(bench.store.activity().idle_ms(&unknown).await.unwrap(), 0);
}

async fn the_slowest_reporter_rules(bench: Bench) {
    let id = ready(&bench).await;
    report(&bench, "p1", 0, 0, &[]).await;
    report(&bench, "p2", 0, 0, &[]).await;
    report(&bench, "p1", 0, 30, &[]).await;
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 0, "the other may have seen use");
    report(&bench, "p2", 0, 20, &[]).await;
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 20_000);
    report(&bench, "p2", 25, 30, &[]).await;
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 25_000, "its gap does not count");
}

async fn an_outage_stops_nobody(bench: Bench) {
    let id = ready(&bench).await;
    report(&bench, "p1", 0, 0, &[]).await;
    report(&bench, "p1", 0, 10, &[]).await;
    report(&bench, "p1", 7200, 7210, &[]).await;
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 10_000);
    report(&bench, "p1", 7210, 7220, &[]).await;
    assert_eq!(bench.store.activity().idle_ms(&id).await.unwrap(), 20_000);
}

async fn nonsense_is_refused(bench: Bench) {
    let report = |from: Timestamp, to| Report { reporter: "p1".to_owned(), from, to, active: Vec::new() };
    let refused = bench.store.activity().report(report(NOW.plus_s(5), NOW)).await;
    assert!(matches!(refused, Err(Error::Refused { field: "to", .. })), "{refused:?}");
    bench.store.activity().report(report(NOW, NOW.plus_s(3600))).await.unwrap();
    bench.clock.advance(Duration::from_secs(10));
    bench.store.activity().report(report(NOW, NOW.plus_s(10))).await.unwrap();
    assert!(bench.store.activity().all_idle().await.unwrap().is_empty(), "the future is not believed");
}
