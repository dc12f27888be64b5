//! Creating: one sandbox for one ref, however many ask.

use std::collections::BTreeSet;

use domain::phase::{Phase, Wanted};
use tokio::task::JoinSet;

use super::bench::{Bench, NOW};
use crate::{Error, EventKind};

super::scenarios!(
    a_new_one_is_queued_and_reads_back,
    the_same_request_finds_the_same_sandbox,
    another_request_is_told_who_holds_the_ref,
    a_ref_is_free_once_deletion_is_accepted,
    of_many_at_once_exactly_one_is_created,
    a_batch_answers_each,
    a_batch_names_one_ref_twice,
    a_caller_that_leaves_loses_nobody_elses,
    an_unknown_version_is_refused,
    ends_are_capped,
);

async fn a_new_one_is_queued_and_reads_back(bench: Bench) {
    let created = bench.create("school", "s7").await;
    assert_eq!(created.status.phase, Phase::Queued);
    assert_eq!(created.intent.wanted, Wanted::Running);
    assert_eq!(created.intent.expires_at, NOW.plus_s(3600));
    assert_eq!(created.intent.max_expires_at, NOW.plus_s(7200));
    let read = bench.another().await.sandboxes().get(&created.intent.id).await.unwrap();
    assert_eq!(read, created);
    let names: Vec<&str> = read.status.machines.iter().map(|machine| machine.name.as_str()).collect();
    assert_eq!(names, ["main", "db"], "in the template's order");
    let found = bench.store.sandboxes().find(&created.intent.tenant, &created.intent.r#ref).await.unwrap();
    assert_eq!(found, Some(created.clone()));
    let secrets = bench.store.intent().sealed_secrets(&created.intent.id).await.unwrap();
    assert_eq!(secrets, Some(vec![0, 1, 255]));
    let history = bench.store.sandboxes().history(&created.intent.id).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].kind, history[0].sequence), (EventKind::SandboxCreated, 1));
    assert_eq!(history[0].sandbox, Some(created));
}

async fn the_same_request_finds_the_same_sandbox(bench: Bench) {
    let first = bench.create("school", "s7").await;
    let again = bench.store.intent().create(bench.request("school", "s7")).await.unwrap();
    assert!(again.existing);
    assert_eq!(again.sandbox, first);
    assert_eq!(bench.usage("school").await.sandboxes, 1);
    let other_tenant = bench.create("another", "s7").await;
    assert_ne!(other_tenant.intent.id, first.intent.id);
    let digest = bench.store.intent().request_digest_of(&first.intent.tenant, &first.intent.r#ref).await;
    assert_eq!(digest.unwrap().as_deref(), Some("sha256:1"));
}

async fn another_request_is_told_who_holds_the_ref(bench: Bench) {
    let first = bench.create("school", "s7").await;
    let mut other = bench.request("school", "s7");
    other.request_digest = "sha256:2".to_owned();
    let refused = bench.store.intent().create(other).await.unwrap_err();
    assert_eq!(refused, Error::RefTaken(first.intent.id));
}

async fn a_ref_is_free_once_deletion_is_accepted(bench: Bench) {
    let first = bench.create("school", "s7").await;
    let deleted = bench.store.intent().delete(&first.intent.id, None).await.unwrap();
    assert_eq!(deleted.intent.wanted, Wanted::Deleted);
    assert_eq!(bench.store.intent().sealed_secrets(&first.intent.id).await.unwrap(), None);
    let second = bench.store.intent().create(bench.request("school", "s7")).await.unwrap();
    assert!(!second.existing);
    assert_ne!(second.sandbox.intent.id, first.intent.id);
}

/// From two processes, each with many callers.
async fn of_many_at_once_exactly_one_is_created(bench: Bench) {
    let mut callers = JoinSet::new();
    for store in [bench.store.clone(), bench.another().await] {
        for _ in 0..20 {
            let (store, new) = (store.clone(), bench.request("school", "s7"));
            callers.spawn(async move { store.intent().create(new).await.unwrap() });
        }
    }
    let answers = callers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.existing).count(), 1);
    let ids: BTreeSet<_> = answers.into_iter().map(|answer| answer.sandbox.intent.id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(bench.usage("school").await.sandboxes, 1);
}

async fn a_batch_answers_each(bench: Bench) {
    bench.create("school", "s0").await;
    let mut batch: Vec<_> = (0..150).map(|n| bench.request("school", &format!("s{n}"))).collect();
    batch[1].template.version = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    let answers = bench.store.intent().create_batch(batch).await;
    assert!(answers[0].as_ref().unwrap().existing);
    assert!(matches!(answers[1], Err(Error::Refused { field: "template", .. })));
    for (n, answer) in answers.iter().enumerate().skip(2) {
        let created = answer.as_ref().unwrap();
        assert_eq!((created.existing, created.sandbox.intent.r#ref.as_str()), (false, &*format!("s{n}")));
    }
    assert_eq!(bench.usage("school").await.sandboxes, 149);
    assert_eq!(bench.store.intent().create_batch(Vec::new()).await, []);
}

async fn a_batch_names_one_ref_twice(bench: Bench) {
    let mut batch =
        vec![bench.request("school", "s1"), bench.request("school", "s1"), bench.request("school", "s1")];
    batch[2].request_digest = "sha256:2".to_owned();
    let answers = bench.store.intent().create_batch(batch).await;
    let first = answers[0].as_ref().unwrap();
    assert!(!first.existing);
    assert!(answers[1].as_ref().unwrap().existing);
    assert_eq!(answers[2], Err(Error::RefTaken(first.sandbox.intent.id.clone())));
}

async fn a_caller_that_leaves_loses_nobody_elses(bench: Bench) {
    let mut callers = JoinSet::new();
    let mut leaving = JoinSet::new();
    for n in 0..60 {
        let (store, new) = (bench.store.clone(), bench.request("school", &format!("s{n}")));
        let create = async move { store.intent().create(new).await.unwrap() };
        if n % 3 == 0 {
            leaving.spawn(create)
        } else {
            callers.spawn(create)
        };
    }
    leaving.abort_all();
    assert_eq!(callers.join_all().await.len(), 40);
    while leaving.join_next().await.is_some() {}
    assert!(bench.usage("school").await.sandboxes >= 40);
}

async fn an_unknown_version_is_refused(bench: Bench) {
    let mut new = bench.request("school", "s7");
    new.template.name = "nothing".parse().unwrap();
    let refused = bench.store.intent().create(new).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { field: "template", .. }), "{refused:?}");
}

async fn ends_are_capped(bench: Bench) {
    let mut long = bench.request("school", "s1");
    long.expires_at = Some(NOW.plus_s(1_000_000));
    let created = bench.store.intent().create(long).await.unwrap().sandbox;
    assert_eq!(created.intent.expires_at, NOW.plus_s(7200));
    let mut past = bench.request("school", "s2");
    past.expires_at = Some(NOW);
    let refused = bench.store.intent().create(past).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { field: "expires_at", .. }), "{refused:?}");
}
