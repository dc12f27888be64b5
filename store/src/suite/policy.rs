//! What the policy ticks write.

use domain::cause::{Cause, Code};
use domain::phase::{Phase, Wanted};

use super::bench::{Bench, NOW};
use crate::Error;

super::scenarios!(a_policy_stops_what_it_saw, an_announcement_is_an_event_without_a_generation);

async fn a_policy_stops_what_it_saw(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let cause = Cause::new(Code::Expired, Phase::Ready, NOW);
    let stopped = bench.store.intent().stop_by_policy(&id, 1, cause.clone(), false).await.unwrap();
    assert_eq!((stopped.intent.wanted, stopped.intent.generation), (Wanted::Stopped, 2));
    assert_eq!(stopped.intent.stop_cause, Some(cause.clone()));
    let late = bench.store.intent().stop_by_policy(&id, 1, cause, false).await;
    assert_eq!(late, Err(Error::Conflict));
    let deleted = bench.store.intent().delete_by_policy(&id, 2).await.unwrap();
    assert_eq!(deleted.intent.wanted, Wanted::Deleted);
}

async fn an_announcement_is_an_event_without_a_generation(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let at = Some(NOW.plus_s(300));
    let announced = bench.store.intent().set_idle_stop_at(&id, 1, at).await.unwrap();
    assert_eq!((announced.intent.idle_stop_at, announced.intent.generation), (at, 1));
    bench.store.intent().set_idle_stop_at(&id, 1, at).await.unwrap();
    let history = bench.store.sandboxes().history(&id).await.unwrap();
    assert_eq!(history.len(), 2, "the second one changed nothing");
    assert_eq!(history[1].changed, ["idle_stop_at"]);
    let intent = bench.store.intent();
    let announced = intent.announce_end(&id, 1).await.unwrap().intent;
    assert_eq!((announced.expires_soon, announced.generation), (true, 1));
    assert_eq!(bench.store.sandboxes().history(&id).await.unwrap()[2].changed, ["expires_soon"]);
    let unmoved = intent.extend(&id, None, announced.expires_at).await.unwrap().sandbox.intent;
    assert!(unmoved.expires_soon, "it ends as soon as before");
    let extended = intent.extend(&id, None, announced.expires_at.plus_s(60)).await.unwrap().sandbox.intent;
    assert!(!extended.expires_soon);
}
