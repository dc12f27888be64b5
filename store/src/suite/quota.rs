//! Quotas: never passed, never leaked.

use domain::phase::Phase;
use domain::quota::Quota;
use tokio::task::JoinSet;

use super::bench::{Bench, body, publish, tenant};
use crate::Error;

super::scenarios!(
    many_at_once_never_pass_it,
    a_batch_takes_what_fits_in_its_order,
    an_existing_one_is_no_addition,
    a_start_needs_room_again,
    a_reset_counts_the_difference,
    sums_stay_exact_under_every_change,
    homes_are_counted_in_gib,
);

async fn limit(bench: &Bench, sandboxes: u64) {
    let quota = Quota { sandboxes: Some(sandboxes), ..Quota::default() };
    bench.store.tenants().put(&tenant("school"), quota).await.unwrap();
}

async fn many_at_once_never_pass_it(bench: Bench) {
    limit(&bench, 7).await;
    let mut callers = JoinSet::new();
    for (process, store) in [bench.store.clone(), bench.another().await].into_iter().enumerate() {
        for n in 0..15 {
            let (store, new) = (store.clone(), bench.request("school", &format!("s{process}-{n}")));
            callers.spawn(async move { store.intent().create(new).await });
        }
    }
    let answers = callers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 7);
    for error in answers.into_iter().filter_map(Result::err) {
        assert!(matches!(error, Error::QuotaExceeded(passed) if passed.field == "sandboxes"), "{error:?}");
    }
    assert_eq!(bench.usage("school").await.sandboxes, 7);
}

async fn a_batch_takes_what_fits_in_its_order(bench: Bench) {
    limit(&bench, 3).await;
    let mut batch: Vec<_> = (0..5).map(|n| bench.request("school", &format!("s{n}"))).collect();
    batch.insert(4, bench.request("another", "s1"));
    let fits: Vec<bool> = bench.store.intent().create_batch(batch).await.iter().map(Result::is_ok).collect();
    assert_eq!(fits, [true, true, true, false, true, false]);
    assert_eq!(bench.usage("school").await.sandboxes, 3);
    assert_eq!(bench.usage("another").await.sandboxes, 1);
}

async fn an_existing_one_is_no_addition(bench: Bench) {
    limit(&bench, 1).await;
    bench.create("school", "s1").await;
    assert!(bench.store.intent().create(bench.request("school", "s1")).await.unwrap().existing);
    let refused = bench.store.intent().create(bench.request("school", "s2")).await.unwrap_err();
    assert!(
        matches!(refused, Error::QuotaExceeded(passed) if (passed.limit, passed.used, passed.asked) == (1, 1, 1))
    );
}

async fn a_start_needs_room_again(bench: Bench) {
    limit(&bench, 1).await;
    let term = bench.lead().await;
    let first = bench.create("school", "s1").await.intent.id;
    bench.store.intent().stop(&first, None, false).await.unwrap();
    assert!(bench.store.intent().create(bench.request("school", "s2")).await.is_err(), "not stopped yet");
    bench.walk(term, &first, &[Phase::Stopped]).await;
    let second = bench.create("school", "s2").await.intent.id;
    assert!(matches!(bench.store.intent().start(&first, None).await, Err(Error::QuotaExceeded(_))));
    bench.store.intent().delete(&second, None).await.unwrap();
    bench.store.intent().start(&first, None).await.unwrap();
    assert_eq!(bench.usage("school").await.sandboxes, 1, "it counts from the accepted start");
}

async fn a_reset_counts_the_difference(bench: Bench) {
    let quota = Quota { cpu_millis: Some(4000), ..Quota::default() };
    bench.store.tenants().put(&tenant("school"), quota).await.unwrap();
    let id = bench.create("school", "s1").await.intent.id;
    let larger = publish(&bench.store, "large", &body(3000, 1024)).await;
    let too_large = publish(&bench.store, "huge", &body(5000, 1024)).await;
    bench.store.intent().reset(&id, None, Some(larger)).await.unwrap();
    assert_eq!(bench.usage("school").await.resources.cpu_millis, 3500);
    let refused = bench.store.intent().reset(&id, None, Some(too_large)).await.unwrap_err();
    assert!(matches!(refused, Error::QuotaExceeded(passed) if passed.field == "cpu_millis"), "{refused:?}");
    assert_eq!(bench.usage("school").await.resources.cpu_millis, 3500);
}

async fn sums_stay_exact_under_every_change(bench: Bench) {
    let term = bench.lead().await;
    let id = bench.create("school", "s1").await.intent.id;
    let intent = bench.store.intent();
    bench.walk(term, &id, &[Phase::Provisioning, Phase::Failed]).await;
    assert_eq!(bench.usage("school").await.sandboxes, 0, "a failed one does not count");
    intent.start(&id, None).await.unwrap();
    assert_eq!(bench.usage("school").await.sandboxes, 1);
    bench.walk(term, &id, &[Phase::Queued, Phase::Provisioning, Phase::Starting, Phase::Ready]).await;
    assert_eq!(bench.usage("school").await.sandboxes, 1);
    intent.stop(&id, None, true).await.unwrap();
    bench.walk(term, &id, &[Phase::Stopping]).await;
    intent.start(&id, None).await.unwrap();
    bench.walk(term, &id, &[Phase::Stopped]).await;
    assert_eq!(bench.usage("school").await.sandboxes, 1, "its start is accepted already");
    intent.delete(&id, None).await.unwrap();
    assert_eq!(bench.usage("school").await, domain::quota::Usage::default());
    bench.walk(term, &id, &[Phase::Deleting, Phase::Deleted]).await;
    assert_eq!(bench.usage("school").await, domain::quota::Usage::default());
}

async fn homes_are_counted_in_gib(bench: Bench) {
    let quota = Quota { homes_gib: Some(2), ..Quota::default() };
    bench.store.tenants().put(&tenant("school"), quota).await.unwrap();
    bench.create("school", "s1").await;
    bench.create("school", "s2").await;
    let refused = bench.store.intent().create(bench.request("school", "s3")).await.unwrap_err();
    assert!(matches!(refused, Error::QuotaExceeded(passed) if passed.field == "homes_gib"), "{refused:?}");
}
