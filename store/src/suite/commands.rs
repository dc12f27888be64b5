//! Commands on what is wanted.

use std::time::Duration;

use domain::phase::{Phase, Wanted};

use super::bench::{Bench, NOW, body, publish};
use crate::Error;

super::scenarios!(
    a_stop_is_one_generation,
    a_start_begins_a_new_run,
    a_failed_one_can_be_started_again,
    a_reset_changes_home_and_access,
    extending_is_capped,
    another_generation_is_a_conflict,
    a_deleted_one_takes_no_commands,
    what_is_unknown_is_not_found,
    revoking_changes_the_epoch_alone,
    commands_at_once_are_all_counted,
);

async fn a_stop_is_one_generation(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let stopped = bench.store.intent().stop(&id, Some(1), false).await.unwrap();
    assert_eq!((stopped.intent.wanted, stopped.intent.generation), (Wanted::Stopped, 2));
    let again = bench.store.intent().stop(&id, None, false).await.unwrap();
    assert_eq!(again, stopped, "nothing changes");
    let wakeable = bench.store.intent().stop(&id, None, true).await.unwrap();
    assert_eq!((wakeable.intent.wakeable, wakeable.intent.generation), (true, 3));
    let history = bench.store.sandboxes().history(&id).await.unwrap();
    let sequences: Vec<u64> = history.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, [1, 2, 3], "without a gap");
    assert_eq!(history[1].changed, ["wanted", "generation"]);
}

async fn a_start_begins_a_new_run(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let same = bench.store.intent().start(&id, None).await.unwrap();
    assert_eq!(same.intent.generation, 1, "it is on its way already");
    let cause = domain::cause::Cause::new(domain::cause::Code::Idle, Phase::Ready, NOW);
    bench.store.intent().stop_by_policy(&id, 1, cause.clone(), true).await.unwrap();
    assert_eq!(bench.store.sandboxes().get(&id).await.unwrap().intent.stop_cause, Some(cause));
    bench.clock.advance(Duration::from_secs(60));
    let started = bench.store.intent().start(&id, Some(2)).await.unwrap().intent;
    assert_eq!((started.wanted, started.generation), (Wanted::Running, 3));
    assert_eq!(started.run_since, NOW.plus_s(60));
    assert_eq!(started.expires_at, NOW.plus_s(60 + 3600));
    assert_eq!(started.max_expires_at, NOW.plus_s(60 + 7200));
    assert_eq!((started.stop_cause, started.wakeable, started.queue_until), (None, false, None));
}

async fn a_failed_one_can_be_started_again(bench: Bench) {
    let term = bench.lead().await;
    let id = bench.create("school", "s1").await.intent.id;
    bench.walk(term, &id, &[Phase::Provisioning, Phase::Failed]).await;
    assert_eq!(bench.store.intent().start(&id, None).await.unwrap().intent.generation, 2);
    assert_eq!(
        bench.store.intent().start(&id, None).await.unwrap().intent.generation,
        2,
        "asked for already"
    );
}

async fn a_reset_changes_home_and_access(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let newer = publish(&bench.store, "lab", &body(2000, 512)).await;
    bench.clock.advance(Duration::from_secs(10));
    let reset = bench.store.intent().reset(&id, None, Some(newer.clone())).await.unwrap().intent;
    assert_eq!((reset.home_generation, reset.access_epoch, reset.generation), (2, 2, 2));
    assert_eq!((reset.template, reset.run_since), (newer, NOW.plus_s(10)));
    bench.store.intent().stop(&id, None, true).await.unwrap();
    let stopped = bench.store.intent().reset(&id, None, None).await.unwrap().intent;
    assert_eq!((stopped.wanted, stopped.home_generation, stopped.wakeable), (Wanted::Stopped, 3, true));
    let unknown = domain::sandbox::TemplateRef { name: "nothing".parse().unwrap(), ..bench.template.clone() };
    let refused = bench.store.intent().reset(&id, None, Some(unknown)).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { field: "template", .. }), "{refused:?}");
}

async fn extending_is_capped(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let intent = bench.store.intent();
    intent.set_idle_stop_at(&id, 1, Some(NOW.plus_s(300))).await.unwrap();
    let granted = intent.extend(&id, Some(1), NOW.plus_s(5000)).await.unwrap();
    assert_eq!(granted.limited_by, None);
    assert_eq!(granted.sandbox.intent.expires_at, NOW.plus_s(5000));
    assert_eq!((granted.sandbox.intent.idle_stop_at, granted.sandbox.intent.generation), (None, 2));
    let capped = intent.extend(&id, None, NOW.plus_s(9000)).await.unwrap();
    assert_eq!(capped.limited_by, Some("max_lifetime"));
    assert_eq!(capped.sandbox.intent.expires_at, NOW.plus_s(7200));
    let same = intent.extend(&id, None, NOW.plus_s(9000)).await.unwrap();
    assert_eq!(same.sandbox.intent.generation, capped.sandbox.intent.generation);
    assert!(matches!(intent.extend(&id, None, NOW).await, Err(Error::Refused { field: "expires_at", .. })));
    intent.stop(&id, None, false).await.unwrap();
    let refused = intent.extend(&id, None, NOW.plus_s(9000)).await.unwrap_err();
    assert_eq!(refused, Error::NotRunning);
}

async fn another_generation_is_a_conflict(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let intent = bench.store.intent();
    intent.stop(&id, None, false).await.unwrap();
    intent.start(&id, None).await.unwrap();
    assert_eq!(intent.stop(&id, Some(1), false).await, Err(Error::Conflict), "a late retry");
    assert_eq!(intent.start(&id, Some(1)).await, Err(Error::Conflict));
    assert_eq!(intent.reset(&id, Some(1), None).await, Err(Error::Conflict));
    assert_eq!(intent.extend(&id, Some(1), NOW.plus_s(60)).await, Err(Error::Conflict));
    assert_eq!(intent.delete(&id, Some(1)).await, Err(Error::Conflict));
    assert_eq!(intent.delete_by_policy(&id, 1).await, Err(Error::Conflict));
    assert_eq!(intent.set_idle_stop_at(&id, 1, None).await, Err(Error::Conflict));
    assert_eq!(bench.store.sandboxes().history(&id).await.unwrap().len(), 3);
}

async fn a_deleted_one_takes_no_commands(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let intent = bench.store.intent();
    let deleted = intent.delete(&id, None).await.unwrap();
    assert_eq!(intent.delete(&id, None).await.unwrap(), deleted, "a repeated deletion changes nothing");
    assert_eq!(intent.stop(&id, None, false).await, Err(Error::NotFound));
    assert_eq!(intent.start(&id, None).await, Err(Error::NotFound));
    assert_eq!(intent.reset(&id, None, None).await, Err(Error::NotFound));
    assert_eq!(intent.extend(&id, None, NOW.plus_s(60)).await, Err(Error::NotFound));
    assert_eq!(intent.revoke_access(&id).await, Err(Error::NotFound));
}

async fn what_is_unknown_is_not_found(bench: Bench) {
    let id = "bj-aaaaaaaaaaaaaaaa".parse().unwrap();
    assert_eq!(bench.store.intent().stop(&id, None, false).await, Err(Error::NotFound));
    assert_eq!(bench.store.intent().delete(&id, None).await, Err(Error::NotFound));
    assert_eq!(bench.store.sandboxes().get(&id).await, Err(Error::NotFound));
    assert_eq!(bench.store.intent().sealed_secrets(&id).await, Err(Error::NotFound));
}

async fn revoking_changes_the_epoch_alone(bench: Bench) {
    let before = bench.create("school", "s1").await;
    let after = bench.store.intent().revoke_access(&before.intent.id).await.unwrap();
    assert_eq!((after.intent.access_epoch, after.intent.generation), (2, 1));
    let history = bench.store.sandboxes().history(&before.intent.id).await.unwrap();
    assert_eq!(history[1].changed, ["access_epoch"]);
}

/// The lock serialises them: no command is lost, and events have no gap.
async fn commands_at_once_are_all_counted(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let mut callers = tokio::task::JoinSet::new();
    for store in [bench.store.clone(), bench.another().await] {
        for _ in 0..10 {
            let (store, id) = (store.clone(), id.clone());
            callers.spawn(async move { store.intent().reset(&id, None, None).await.unwrap() });
        }
    }
    callers.join_all().await;
    let sandbox = bench.store.sandboxes().get(&id).await.unwrap();
    assert_eq!((sandbox.intent.generation, sandbox.intent.home_generation), (21, 21));
    let history = bench.store.sandboxes().history(&id).await.unwrap();
    let sequences: Vec<u64> = history.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, (1..=21).collect::<Vec<u64>>());
    assert!(history.is_sorted_by_key(|entry| entry.position.number), "numbered in their order");
    assert_eq!(bench.usage("school").await.sandboxes, 1);
}
