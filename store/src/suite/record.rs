//! What the leader writes.

use std::time::Duration;

use domain::cause::{Cause, Code};
use domain::phase::Phase;
use domain::provider::{Address, BatchId, ResourceId};
use domain::sandbox::{Machine, Status};

use super::bench::{Bench, NOW};
use crate::{Error, EventKind, Expect, LEADER, Term};

super::scenarios!(
    a_status_reads_back_whole,
    an_old_term_is_a_conflict,
    another_generation_or_revision_is_a_conflict,
    of_two_at_once_one_is_stored,
    a_phase_that_may_not_follow_is_refused,
    machines_of_another_template_replace_the_old,
    a_deletion_has_its_own_event,
    creation_numbers_are_never_given_twice,
    admissions_are_counted,
    who_came_back_for_lack_of_room_was_not_admitted,
);

async fn a_status_reads_back_whole(bench: Bench) {
    let term = bench.lead().await;
    let sandbox = bench.create("school", "s1").await;
    let machine = Machine {
        incarnation: 3,
        creation_number: 9,
        home_generation: 1,
        batch: Some(BatchId { id: "b1".to_owned(), attempt: 2 }),
        asked_at: Some(NOW),
        ensured_at: Some(NOW.plus_s(1)),
        resource: Some(ResourceId("r".to_owned())),
        address: Some(Address("unix:/run/agent.sock".to_owned())),
        retired: true,
        ..sandbox.status.machines[1].clone()
    };
    let mut cause = Cause::new(Code::MachineExited, Phase::Provisioning, NOW).with_detail("exit code 1");
    cause.last_lines = vec!["错误\u{0}".to_owned()];
    let status = Status {
        phase: Phase::Provisioning,
        phase_since: NOW.plus_s(2),
        observed_generation: 1,
        cause: Some(cause),
        queued_at: Some(NOW),
        attempts: 2,
        next_attempt_at: Some(NOW.plus_s(3)),
        ready_at: Some(NOW.plus_s(4)),
        bound_incarnation: 5,
        machines: vec![sandbox.status.machines[0].clone(), machine],
        revision: 77,
    };
    let expect = Expect::of(&sandbox);
    let recorded = bench
        .store
        .status()
        .record(term, &sandbox.intent.id, expect, &status, &["phase", "cause"])
        .await
        .unwrap();
    assert_eq!(recorded.status, Status { revision: 2, ..status });
    assert_eq!(bench.another().await.sandboxes().get(&sandbox.intent.id).await.unwrap(), recorded);
    let history = bench.store.sandboxes().history(&sandbox.intent.id).await.unwrap();
    assert_eq!((history[1].kind, history[1].sequence), (EventKind::SandboxChanged, 2));
    assert_eq!(
        (&history[1].changed[..], &history[1].sandbox),
        (&["phase".into(), "cause".into()][..], &Some(recorded))
    );
}

async fn an_old_term_is_a_conflict(bench: Bench) {
    let old = bench.lead().await;
    let sandbox = bench.create("school", "s1").await;
    bench.clock.advance(Duration::from_secs(60));
    let new = bench.store.lease().acquire(LEADER, "b", 1000).await.unwrap().unwrap();
    let (id, expect, status) = (&sandbox.intent.id, Expect::of(&sandbox), &sandbox.status);
    assert_eq!(bench.store.status().record(old, id, expect, status, &[]).await, Err(Error::Conflict));
    assert_eq!(bench.store.status().creation_numbers(old, 1).await, Err(Error::Conflict));
    let capacity = domain::provider::Capacity::default();
    assert_eq!(bench.store.region().record_capacity(old, capacity).await, Err(Error::Conflict));
    assert!(bench.store.status().record(new, id, expect, status, &[]).await.is_ok());
    assert_eq!(bench.store.status().record(Term(99), id, expect, status, &[]).await, Err(Error::Conflict));
    assert_eq!(bench.store.sandboxes().history(id).await.unwrap().len(), 2, "refused ones left nothing");
}

async fn another_generation_or_revision_is_a_conflict(bench: Bench) {
    let term = bench.lead().await;
    let sandbox = bench.create("school", "s1").await;
    let (id, expect, status) = (&sandbox.intent.id, Expect::of(&sandbox), &sandbox.status);
    bench.store.status().record(term, id, expect, status, &[]).await.unwrap();
    assert_eq!(bench.store.status().record(term, id, expect, status, &[]).await, Err(Error::Conflict));
    let expect = Expect { revision: 2, ..expect };
    bench.store.intent().stop(id, None, false).await.unwrap();
    assert_eq!(bench.store.status().record(term, id, expect, status, &[]).await, Err(Error::Conflict));
    let expect = Expect { generation: 2, ..expect };
    assert!(bench.store.status().record(term, id, expect, status, &[]).await.is_ok());
    let unknown = "bj-aaaaaaaaaaaaaaaa".parse().unwrap();
    assert_eq!(bench.store.status().record(term, &unknown, expect, status, &[]).await, Err(Error::NotFound));
}

async fn of_two_at_once_one_is_stored(bench: Bench) {
    let term = bench.lead().await;
    let sandbox = bench.create("school", "s1").await;
    let mut writers = tokio::task::JoinSet::new();
    for store in [bench.store.clone(), bench.another().await] {
        for _ in 0..5 {
            let (store, sandbox) = (store.clone(), sandbox.clone());
            writers.spawn(async move {
                let (id, expect) = (&sandbox.intent.id, Expect::of(&sandbox));
                store.status().record(term, id, expect, &sandbox.status, &[]).await
            });
        }
    }
    let answers = writers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| answer.is_ok() || answer == &Err(Error::Conflict)), "{answers:?}");
}

async fn a_phase_that_may_not_follow_is_refused(bench: Bench) {
    let term = bench.lead().await;
    let sandbox = bench.create("school", "s1").await;
    let status = Status { phase: Phase::Ready, ..sandbox.status.clone() };
    let refused =
        bench.store.status().record(term, &sandbox.intent.id, Expect::of(&sandbox), &status, &[]).await;
    assert!(matches!(refused, Err(Error::Refused { field: "phase", .. })), "{refused:?}");
}

async fn machines_of_another_template_replace_the_old(bench: Bench) {
    let term = bench.lead().await;
    let mut sandbox = bench.create("school", "s1").await;
    let id = sandbox.intent.id.clone();
    for machine in &mut sandbox.status.machines {
        machine.incarnation = 1;
    }
    let expect = Expect::of(&sandbox);
    let mut sandbox = bench.store.status().record(term, &id, expect, &sandbox.status, &[]).await.unwrap();
    sandbox.status.machines =
        vec![Machine::unborn("other".parse().unwrap()), sandbox.status.machines[1].clone()];
    let expect = Expect::of(&sandbox);
    let replaced = bench.store.status().record(term, &id, expect, &sandbox.status, &[]).await.unwrap();
    assert_eq!(bench.store.sandboxes().get(&id).await.unwrap(), replaced);
    let mut again = replaced.clone();
    again.status.machines[1] = Machine::unborn("db".parse().unwrap());
    let expect = Expect::of(&again);
    let again = bench.store.status().record(term, &id, expect, &again.status, &[]).await.unwrap();
    assert_eq!(bench.store.sandboxes().get(&id).await.unwrap(), again);
}

async fn a_deletion_has_its_own_event(bench: Bench) {
    let term = bench.lead().await;
    let id = bench.create("school", "s1").await.intent.id;
    bench.store.intent().delete(&id, None).await.unwrap();
    bench.walk(term, &id, &[Phase::Deleting, Phase::Deleted]).await;
    let kinds: Vec<EventKind> =
        bench.store.sandboxes().history(&id).await.unwrap().iter().map(|entry| entry.kind).collect();
    let changed = EventKind::SandboxChanged;
    assert_eq!(kinds, [EventKind::SandboxCreated, changed, changed, EventKind::SandboxDeleted]);
}

async fn creation_numbers_are_never_given_twice(bench: Bench) {
    let term = bench.lead().await;
    assert_eq!(bench.store.status().creation_counter().await.unwrap(), 0);
    assert_eq!(bench.store.status().creation_numbers(term, 3).await.unwrap(), 1);
    assert_eq!(bench.another().await.status().creation_numbers(term, 2).await.unwrap(), 4);
    assert_eq!(bench.store.status().creation_counter().await.unwrap(), 5);
    assert_eq!(bench.store.status().creation_numbers(term, 1).await.unwrap(), 6);
}

async fn admissions_are_counted(bench: Bench) {
    let term = bench.lead().await;
    for n in 0..3 {
        let id = bench.create("school", &format!("s{n}")).await.intent.id;
        bench.clock.advance(Duration::from_secs(10));
        bench.walk(term, &id, &[Phase::Provisioning]).await;
    }
    assert_eq!(bench.store.sandboxes().admitted_since(NOW).await.unwrap(), 3);
    assert_eq!(bench.store.sandboxes().admitted_since(NOW.plus_s(20)).await.unwrap(), 2);
    assert_eq!(bench.store.sandboxes().admitted_since(NOW.plus_s(31)).await.unwrap(), 0);
}

async fn who_came_back_for_lack_of_room_was_not_admitted(bench: Bench) {
    let term = bench.lead().await;
    let admitted = async || bench.store.sandboxes().admitted_since(NOW).await.unwrap();
    let mut ids = Vec::new();
    for n in 0..2 {
        ids.push(bench.create("school", &format!("s{n}")).await.intent.id);
        bench.walk(term, &ids[n], &[Phase::Provisioning]).await;
    }
    let mut sandbox = bench.walk(term, &ids[0], &[Phase::Queued]).await;
    assert_eq!(admitted().await, 1);
    sandbox.status.next_attempt_at = Some(NOW.plus_s(4));
    let (id, expect) = (&sandbox.intent.id, Expect::of(&sandbox));
    bench.store.status().record(term, id, expect, &sandbox.status, &[]).await.unwrap();
    let waiting = bench.another().await.sandboxes().waiting().await.unwrap();
    assert_eq!(waiting.iter().map(|entry| entry.retry_at).collect::<Vec<_>>(), [Some(NOW.plus_s(4))]);
    assert_eq!(waiting[0].machines.len(), 2, "one amount for each machine");
    bench.walk(term, &ids[0], &[Phase::Provisioning]).await;
    assert_eq!(admitted().await, 2);
    // A later run's wait does not undo that room was given to the one before.
    bench.walk(term, &ids[1], &[Phase::Stopping, Phase::Stopped, Phase::Queued]).await;
    assert_eq!(admitted().await, 2);
}
